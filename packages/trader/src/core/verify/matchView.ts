import type { NodeKey, PubKey } from '@tidepool/crypto'
import type { CounterpartAsk, CounterpartBid, CounterpartOrder, RatePpb, SupplyUnits } from '@tidepool/market'
import type { OwnOrder } from './ownRecords.ts'

/** One proposed match next to our own records, sides sorted out: what the rules look at. */
export interface MatchView {
  readonly own: OwnOrder
  readonly role: 'asker' | 'bidder'
  readonly counterpart: CounterpartOrder
  readonly ask: CounterpartAsk
  readonly bid: CounterpartBid
  readonly units: SupplyUnits
  /** Clearing price of our own order's duration, if the batch has one. */
  readonly price: RatePpb | undefined
}

/** Undefined when both orders are on the same side. */
export function matchView(
  own: OwnOrder,
  counterpart: CounterpartOrder,
  units: SupplyUnits,
  price: RatePpb | undefined,
): MatchView | undefined {
  const { order } = own
  if (order.kind === 'ask' && counterpart.kind === 'bid') {
    return { own, role: 'asker', counterpart, ask: order, bid: counterpart, units, price }
  }
  if (order.kind === 'bid' && counterpart.kind === 'ask') {
    return { own, role: 'bidder', counterpart, ask: counterpart, bid: order, units, price }
  }
  return undefined
}

/** Both nonces, for a mismatch. */
export const pairOf = (
  view: MatchView,
): { nonce: MatchView['ask']['nonce']; counterpart: MatchView['ask']['nonce'] } => ({
  nonce: view.own.order.nonce,
  counterpart: view.counterpart.nonce,
})

/** The funding key on our side; a sidecar bid's is the recipient's, unknown until the ticket names one. */
export function localFundingKey(own: OwnOrder): PubKey | undefined {
  return isSidecarBid(own) ? own.sidecarRecipient?.multiSigKey : own.order.multiSigKey
}

/** The node that a sidecar bid's channel goes to. */
export function recipientNode(own: OwnOrder): NodeKey | undefined {
  return isSidecarBid(own) ? own.sidecarRecipient?.nodeKey : undefined
}

export const isSidecarBid = (own: OwnOrder): boolean => own.order.kind === 'bid' && own.order.isSidecar
