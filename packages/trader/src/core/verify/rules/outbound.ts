import { unitsToSat } from '@tidepool/market'
import { pairOf } from '../matchView.ts'
import type { MatchRule } from './rule.ts'

/** V-27: an outbound match is exactly one unit; the rest of the channel is self channel balance. */
export const outboundOneUnit: MatchRule = (view) =>
  view.own.order.auctionType === 'outbound' && view.units !== 1
    ? { code: 'OUTBOUND_UNITS', units: view.units, ...pairOf(view) }
    : undefined

/** V-27: the bid brings at least the self channel balance that the outbound ask names as its minimum. Pool docs/orders.md */
export const outboundSelfBalance: MatchRule = (view) => {
  if (view.own.order.auctionType !== 'outbound' || view.role !== 'asker') return undefined
  const minimum = unitsToSat(view.ask.minUnitsMatch)
  const got = view.bid.selfChannelBalance
  return got >= minimum ? undefined : { code: 'OUTBOUND_SELF_BALANCE_TOO_LOW', minimum, got, ...pairOf(view) }
}
