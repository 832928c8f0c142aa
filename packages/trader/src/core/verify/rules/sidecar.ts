import { UNIT_SAT } from '@tidepool/market'
import { isSidecarBid, pairOf, recipientNode } from '../matchView.ts'
import type { MatchRule } from './rule.ts'

/** Lowest ask version that takes a bid with self channel balance. */
const SELF_BALANCE_ASK_VERSION = 3
/** Lowest ask version that takes a sidecar bid. */
const SIDECAR_ASK_VERSION = 4

/** V-29: the ask has not opted out, by its version, of what the bid brings. Pool order/interfaces.go */
export const askTakesBid: MatchRule = (view) => {
  const minimum = view.bid.isSidecar
    ? SIDECAR_ASK_VERSION
    : view.bid.selfChannelBalance > 0n
      ? SELF_BALANCE_ASK_VERSION
      : 0
  return view.ask.version >= minimum
    ? undefined
    : { code: 'ASK_OPTED_OUT', askVersion: view.ask.version, minimum, ...pairOf(view) }
}

/** V-29: the ticket of our sidecar bid names who gets the channel. */
export const recipientKnown: MatchRule = (view) =>
  isSidecarBid(view.own) && view.own.sidecarRecipient === undefined
    ? { code: 'SIDECAR_RECIPIENT_MISSING', ...pairOf(view) }
    : undefined

/** V-29: and it is not the asker: a node opens no channel to itself. */
export const recipientIsNotAsker: MatchRule = (view) =>
  recipientNode(view.own) === view.counterpart.nodeKey
    ? { code: 'SIDECAR_RECIPIENT_IS_ASKER', ...pairOf(view) }
    : undefined

/** The channel has the size that the ticket says. */
export const ticketCapacity: MatchRule = (view) => {
  const [expected, got] = [view.own.order.amount, BigInt(view.units) * UNIT_SAT]
  return expected === got ? undefined : { code: 'SIDECAR_CAPACITY_DIFFERS', expected, got, ...pairOf(view) }
}
