import { MAX_MONEY, satoshi, uint32, UnitsError, type Satoshi } from '@tidepool/crypto'
import type { RatePpb, SupplyUnits } from './order.ts'

/** Base supply unit, the smallest channel traded (Pool order/supplyunit.go). */
export const UNIT_SAT = 100_000n

const MAX_UNITS = Number(MAX_MONEY / UNIT_SAT)

/** Up to all the units there can be. @throws UnitsError NUMBER_OUT_OF_RANGE */
export function supplyUnits(value: number): SupplyUnits {
  if (!Number.isInteger(value) || value < 0 || value > MAX_UNITS) {
    const detail = { code: 'NUMBER_OUT_OF_RANGE', what: 'number of units', value: String(value) } as const
    throw new UnitsError(detail, `${value} is no number of units`)
  }
  return value as SupplyUnits
}

/** @throws UnitsError NUMBER_OUT_OF_RANGE outside uint32 */
export const ratePpb = (value: number): RatePpb => uint32('rate', value) as RatePpb

/** Whole units in an amount, rounded down. */
export const unitsOf = (amount: bigint): SupplyUnits => supplyUnits(Number(amount / UNIT_SAT))

/** Whole units that hold an amount. */
export const roundUpToUnits = (amount: bigint): SupplyUnits => supplyUnits(Number((amount + UNIT_SAT - 1n) / UNIT_SAT))

/** @throws UnitsError AMOUNT_OUT_OF_RANGE */
export const unitsToSat = (units: SupplyUnits): Satoshi => satoshi(BigInt(units) * UNIT_SAT)
