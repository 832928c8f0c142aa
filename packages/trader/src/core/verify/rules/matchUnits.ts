import { unitsOf } from '@tidepool/market'
import { pairOf } from '../matchView.ts'
import type { MatchRule } from './rule.ts'

/** V-23: a match fills something. */
export const someUnits: MatchRule = (view) => (view.units >= 1 ? undefined : { code: 'UNITS_ZERO', ...pairOf(view) })

/** V-04: every single match is a channel of at least the size the order asks for. The outbound minimum is V-27's. */
export const unitsReachMinimum: MatchRule = (view) => {
  const { minUnitsMatch, auctionType } = view.own.order
  if (auctionType === 'outbound' || view.units >= minUnitsMatch) return undefined
  return { code: 'UNITS_BELOW_MINIMUM', units: view.units, minimum: minUnitsMatch, ...pairOf(view) }
}

/** The other order is large enough for this match. ADR-0011 */
export const counterpartLargeEnough: MatchRule = (view) => {
  const available = unitsOf(view.counterpart.amount)
  return view.units <= available
    ? undefined
    : { code: 'COUNTERPART_OVERFILLED', units: view.units, available, ...pairOf(view) }
}
