import type { poolrpc } from '@tidepool/rpc'
import type { MatchRejectReason, MatchStage } from '../../core/orderRecord.ts'

export const MATCH_STATE: Readonly<Record<MatchStage, poolrpc.MatchState>> = {
  prepare: 'PREPARE',
  accepted: 'ACCEPTED',
  rejected: 'REJECTED',
  signed: 'SIGNED',
  finalized: 'FINALIZED',
}

export const REJECT_REASON: Readonly<Record<MatchRejectReason, poolrpc.MatchRejectReason>> = {
  none: 'NONE',
  serverMisbehavior: 'SERVER_MISBEHAVIOR',
  batchVersionMismatch: 'BATCH_VERSION_MISMATCH',
  duplicatePeer: 'PARTIAL_REJECT_DUPLICATE_PEER',
  channelFundingFailed: 'PARTIAL_REJECT_CHANNEL_FUNDING_FAILED',
}
