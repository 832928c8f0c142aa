import type {
  AnnouncementConstraint,
  AuctionType,
  ChannelType,
  ConfirmationConstraint,
  MinNodeTier,
  OrderState,
} from '@tidepool/market'
import type { poolrpc } from '@tidepool/rpc'
import type { MatchRejectReason, MatchStage } from '../../core/orderRecord.ts'

export const ORDER_STATE: Readonly<Record<OrderState, poolrpc.OrderState>> = {
  submitted: 'ORDER_SUBMITTED',
  cleared: 'ORDER_CLEARED',
  partiallyFilled: 'ORDER_PARTIALLY_FILLED',
  executed: 'ORDER_EXECUTED',
  canceled: 'ORDER_CANCELED',
  expired: 'ORDER_EXPIRED',
  failed: 'ORDER_FAILED',
}

export const CHANNEL_TYPE: Readonly<Record<ChannelType, poolrpc.OrderChannelType>> = {
  peerDependent: 'ORDER_CHANNEL_TYPE_PEER_DEPENDENT',
  scriptEnforced: 'ORDER_CHANNEL_TYPE_SCRIPT_ENFORCED',
  simpleTaproot: 'ORDER_CHANNEL_TYPE_SIMPLE_TAPROOT',
}

export const AUCTION_TYPE: Readonly<Record<AuctionType, poolrpc.AuctionType>> = {
  inbound: 'AUCTION_TYPE_BTC_INBOUND_LIQUIDITY',
  outbound: 'AUCTION_TYPE_BTC_OUTBOUND_LIQUIDITY',
}

export const ANNOUNCEMENT: Readonly<Record<AnnouncementConstraint, poolrpc.ChannelAnnouncementConstraints>> = {
  none: 'ANNOUNCEMENT_NO_PREFERENCE',
  onlyAnnounced: 'ONLY_ANNOUNCED',
  onlyUnannounced: 'ONLY_UNANNOUNCED',
}

export const CONFIRMATION: Readonly<Record<ConfirmationConstraint, poolrpc.ChannelConfirmationConstraints>> = {
  none: 'CONFIRMATION_NO_PREFERENCE',
  onlyConfirmed: 'ONLY_CONFIRMED',
  onlyZeroConf: 'ONLY_ZEROCONF',
}

export const NODE_TIER: Readonly<Record<MinNodeTier, poolrpc.NodeTier>> = {
  default: 'TIER_DEFAULT',
  tier0: 'TIER_0',
  tier1: 'TIER_1',
}

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

/** The domain value of a wire name. */
export function fromTable<D extends string>(table: Readonly<Record<D, string>>, wire: unknown): D | undefined {
  return (Object.keys(table) as D[]).find((value) => table[value] === wire)
}
