import { batchId, orderNonce } from '@tidepool/crypto'
import type { BatchReject, PartialReject, RejectCode } from '@tidepool/market'
import type { poolrpc } from '../gen/packages.ts'
import { inField } from './errors.ts'
import { hexMapFromWire, keyToWire, mapToWire } from './primitives.ts'

const REJECT_CODE_FROM_WIRE: Readonly<Record<string, RejectCode>> = {
  UNKNOWN: 'unknown',
  SERVER_MISBEHAVIOR: 'serverMisbehavior',
  BATCH_VERSION_MISMATCH: 'batchVersionMismatch',
  PARTIAL_REJECT: 'partialReject',
} satisfies Record<poolrpc.OrderMatchReject_RejectReason, RejectCode>

const REJECT_CODE_TO_WIRE = {
  unknown: 'UNKNOWN',
  serverMisbehavior: 'SERVER_MISBEHAVIOR',
  batchVersionMismatch: 'BATCH_VERSION_MISMATCH',
  partialReject: 'PARTIAL_REJECT',
} as const satisfies Record<RejectCode, poolrpc.OrderMatchReject_RejectReason>

const PARTIAL_FROM_WIRE: Readonly<Record<string, PartialReject['code']>> = {
  DUPLICATE_PEER: 'duplicatePeer',
  CHANNEL_FUNDING_FAILED: 'channelFundingFailed',
} satisfies Record<poolrpc.OrderReject_OrderRejectReason, PartialReject['code']>

const PARTIAL_TO_WIRE = {
  duplicatePeer: 'DUPLICATE_PEER',
  channelFundingFailed: 'CHANNEL_FUNDING_FAILED',
} as const satisfies Record<PartialReject['code'], poolrpc.OrderReject_OrderRejectReason>

/** A reason is kept with the attempt: no trader fills our disk with its own words. */
const MAX_REASON = 500

/**
 * Codes we do not know refuse all there is: the whole batch, or the match as one whose funding failed. So does a
 * partial reject that names no match. @throws ConvertError BAD_FIELD
 */
export function rejectFromWire(message: poolrpc.OrderMatchReject): BatchReject {
  const rejectedOrders = hexMapFromWire('rejected_orders', message.rejectedOrders, orderNonce, (order) => ({
    reason: order.reason.slice(0, MAX_REASON),
    code: PARTIAL_FROM_WIRE[order.reasonCode] ?? 'channelFundingFailed',
  }))
  const code = REJECT_CODE_FROM_WIRE[message.reasonCode] ?? 'unknown'
  return {
    batchId: inField('batch_id', () => batchId(message.batchId)),
    code: code === 'partialReject' && rejectedOrders.size === 0 ? 'unknown' : code,
    reason: message.reason.slice(0, MAX_REASON),
    rejectedOrders,
  }
}

export const rejectToWire = (reject: BatchReject): poolrpc.OrderMatchRejectInit => ({
  batchId: keyToWire(reject.batchId),
  reason: reject.reason,
  reasonCode: REJECT_CODE_TO_WIRE[reject.code],
  rejectedOrders: mapToWire(reject.rejectedOrders, ({ reason, code }) => ({
    reason,
    reasonCode: PARTIAL_TO_WIRE[code],
  })),
})
