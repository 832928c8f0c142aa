import type { NodeFilter } from '@tidepool/market'
import { pairOf } from '../matchView.ts'
import type { MatchRule } from './rule.ts'

/** Inbound meets inbound, outbound meets outbound. Pool order/batch_verifier.go */
export const sameAuctionType: MatchRule = (view) =>
  view.ask.auctionType === view.bid.auctionType
    ? undefined
    : { code: 'AUCTION_TYPE_DIFFERS', got: view.counterpart.auctionType, ...pairOf(view) }

/** No trade with ourselves: neither our node nor one of our orders. Pool order/batch_verifier.go */
export const foreignCounterpart: MatchRule = (view, own) =>
  view.counterpart.nodeKey === own.nodeKey || own.orders.has(view.counterpart.nonce)
    ? { code: 'COUNTERPART_IS_OWN_NODE', ...pairOf(view) }
    : undefined

/** Both orders lease for the same number of blocks. Pool order/batch_verifier.go */
export const sameDuration: MatchRule = (view) => {
  const [expected, got] = [view.own.order.leaseDuration, view.counterpart.leaseDuration]
  return expected === got ? undefined : { code: 'LEASE_DURATION_DIFFERS', expected, got, ...pairOf(view) }
}

/** Our allow or deny list lets the other node in. Pool order/manager.go */
export const allowedNode: MatchRule = (view) =>
  admits(view.own.order.nodeFilter, view.counterpart.nodeKey)
    ? undefined
    : { code: 'NODE_NOT_ALLOWED', node: view.counterpart.nodeKey, ...pairOf(view) }

function admits(filter: NodeFilter, node: NodeFilterEntry): boolean {
  switch (filter.kind) {
    case 'any':
      return true
    case 'allow':
      return filter.nodes.includes(node)
    case 'deny':
      return !filter.nodes.includes(node)
  }
}

type NodeFilterEntry = Extract<NodeFilter, { readonly kind: 'allow' }>['nodes'][number]
