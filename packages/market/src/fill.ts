import type { OrderState, SupplyUnits } from './order.ts'
import { supplyUnits } from './supplyUnit.ts'

export interface FilledOrder {
  readonly state: Extract<OrderState, 'partiallyFilled' | 'executed'>
  readonly unitsUnfulfilled: SupplyUnits
}

/**
 * An order after `filled` units: executed when nothing is left, or less than its own minimum; what is left then stays
 * unfilled (Pool order/batch_storer.go). @throws UnitsError NUMBER_OUT_OF_RANGE when overfilled
 */
export function fillOrder(unfulfilled: SupplyUnits, minUnits: SupplyUnits, filled: SupplyUnits): FilledOrder {
  const left = supplyUnits(unfulfilled - filled)
  return { state: left < minUnits || left === 0 ? 'executed' : 'partiallyFilled', unitsUnfulfilled: left }
}
