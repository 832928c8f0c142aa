import { idToBytes, sha256, type NodeKey, type OrderNonce } from '@tidepool/crypto'
import type { AnnouncementConstraint, ConfirmationConstraint, NodeFilter } from './order.ts'
import { OrderError } from './orderErrors.ts'

/** Id under which both nodes know the channel before it exists (Pool order/interfaces.go `PendingChanKey`). */
export function pendingChannelId(askNonce: OrderNonce, bidNonce: OrderNonce): Uint8Array {
  return sha256(idToBytes(askNonce), idToBytes(bidNonce))
}

/** Whether an ask's wish admits a bid's kind of channel. */
export function announcementAdmits(constraint: AnnouncementConstraint, unannounced: boolean): boolean {
  return constraint === 'none' || (constraint === 'onlyUnannounced') === unannounced
}

export function confirmationAdmits(constraint: ConfirmationConstraint, zeroConf: boolean): boolean {
  return constraint === 'none' || (constraint === 'onlyZeroConf') === zeroConf
}

/** Whether an order takes a counterpart's node. */
export function nodeAdmitted(filter: NodeFilter, node: NodeKey): boolean {
  switch (filter.kind) {
    case 'any':
      return true
    case 'allow':
      return filter.nodes.includes(node)
    case 'deny':
      return !filter.nodes.includes(node)
    default:
      return filter satisfies never
  }
}

/** From the two lists of the wire. @throws OrderError ORDER_BOTH_NODE_LISTS */
export function nodeFilter(allowed: readonly NodeKey[], denied: readonly NodeKey[]): NodeFilter {
  if (allowed.length > 0 && denied.length > 0) {
    throw new OrderError({ code: 'ORDER_BOTH_NODE_LISTS' }, 'set allowed or not allowed node ids, not both')
  }
  if (allowed.length > 0) return { kind: 'allow', nodes: allowed }
  return denied.length > 0 ? { kind: 'deny', nodes: denied } : { kind: 'any' }
}
