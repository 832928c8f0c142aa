import type { BatchId, OrderNonce } from '@tidepool/crypto'
import type { BatchReject, PartialReject, RejectCode } from '@tidepool/market'
import type { LeasedChannel } from './channelShim.ts'
import type { MatchRejectReason } from './orderRecord.ts'

/** Texts of the stock daemon, which auctioneers may log. Pool funding/manager.go */
export const DUPLICATE_PEER = 'already have open/pending channel with peer'
export const PEER_OFFLINE = 'connection not established before timeout'
export const CHANNEL_TIMEOUT = 'timed out waiting for pending open channel notification'

/** Channels that could not be made, each with its reason. */
export type FailedChannels = ReadonlyMap<LeasedChannel, PartialReject>

/** A partial reject names the other side's orders: only those pairs are excluded. */
export function partialReject(batchId: BatchId, failed: FailedChannels): BatchReject {
  const rejectedOrders = new Map<OrderNonce, PartialReject>()
  for (const [channel, reject] of failed) rejectedOrders.set(channel.counterpartNonce, reject)
  return { batchId, code: 'partialReject', reason: 'some channels could not be made', rejectedOrders }
}

export function fullReject(batchId: BatchId, code: RejectCode, reason: string): BatchReject {
  return { batchId, code, reason, rejectedOrders: new Map() }
}

/** How an order's history names the reject of one match. */
export function matchRejectReason(reject: BatchReject, counterpart: OrderNonce): MatchRejectReason {
  switch (reject.code) {
    case 'partialReject':
      return reject.rejectedOrders.get(counterpart)?.code ?? 'none'
    case 'serverMisbehavior':
    case 'batchVersionMismatch':
      return reject.code
    default:
      return 'none'
  }
}
