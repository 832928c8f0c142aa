import type {
  AnnouncementConstraint,
  AuctionType,
  ChannelType,
  ConfirmationConstraint,
  MinNodeTier,
  NodeTier,
  OrderState,
} from '@tidepool/market'
import type { poolrpc } from '../gen/packages.ts'

/** Both ways between the names of the wire and ours; the wire's zero channel type reads as peer dependent. */

export const CHANNEL_TYPE_FROM_WIRE = {
  ORDER_CHANNEL_TYPE_UNKNOWN: 'peerDependent',
  ORDER_CHANNEL_TYPE_PEER_DEPENDENT: 'peerDependent',
  ORDER_CHANNEL_TYPE_SCRIPT_ENFORCED: 'scriptEnforced',
  ORDER_CHANNEL_TYPE_SIMPLE_TAPROOT: 'simpleTaproot',
} as const satisfies Record<poolrpc.OrderChannelType, ChannelType>

export const CHANNEL_TYPE_TO_WIRE = {
  peerDependent: 'ORDER_CHANNEL_TYPE_PEER_DEPENDENT',
  scriptEnforced: 'ORDER_CHANNEL_TYPE_SCRIPT_ENFORCED',
  simpleTaproot: 'ORDER_CHANNEL_TYPE_SIMPLE_TAPROOT',
} as const satisfies Record<ChannelType, poolrpc.OrderChannelType>

export const AUCTION_TYPE_FROM_WIRE = {
  AUCTION_TYPE_BTC_INBOUND_LIQUIDITY: 'inbound',
  AUCTION_TYPE_BTC_OUTBOUND_LIQUIDITY: 'outbound',
} as const satisfies Record<poolrpc.AuctionType, AuctionType>

export const AUCTION_TYPE_TO_WIRE = {
  inbound: 'AUCTION_TYPE_BTC_INBOUND_LIQUIDITY',
  outbound: 'AUCTION_TYPE_BTC_OUTBOUND_LIQUIDITY',
} as const satisfies Record<AuctionType, poolrpc.AuctionType>

export const ANNOUNCEMENT_FROM_WIRE = {
  ANNOUNCEMENT_NO_PREFERENCE: 'none',
  ONLY_ANNOUNCED: 'onlyAnnounced',
  ONLY_UNANNOUNCED: 'onlyUnannounced',
} as const satisfies Record<poolrpc.ChannelAnnouncementConstraints, AnnouncementConstraint>

export const ANNOUNCEMENT_TO_WIRE = {
  none: 'ANNOUNCEMENT_NO_PREFERENCE',
  onlyAnnounced: 'ONLY_ANNOUNCED',
  onlyUnannounced: 'ONLY_UNANNOUNCED',
} as const satisfies Record<AnnouncementConstraint, poolrpc.ChannelAnnouncementConstraints>

export const CONFIRMATION_FROM_WIRE = {
  CONFIRMATION_NO_PREFERENCE: 'none',
  ONLY_CONFIRMED: 'onlyConfirmed',
  ONLY_ZEROCONF: 'onlyZeroConf',
} as const satisfies Record<poolrpc.ChannelConfirmationConstraints, ConfirmationConstraint>

export const CONFIRMATION_TO_WIRE = {
  none: 'CONFIRMATION_NO_PREFERENCE',
  onlyConfirmed: 'ONLY_CONFIRMED',
  onlyZeroConf: 'ONLY_ZEROCONF',
} as const satisfies Record<ConfirmationConstraint, poolrpc.ChannelConfirmationConstraints>

export const MIN_TIER_FROM_WIRE = {
  TIER_DEFAULT: 'default',
  TIER_0: 'tier0',
  TIER_1: 'tier1',
} as const satisfies Record<poolrpc.NodeTier, MinNodeTier>

export const MIN_TIER_TO_WIRE = {
  default: 'TIER_DEFAULT',
  tier0: 'TIER_0',
  tier1: 'TIER_1',
} as const satisfies Record<MinNodeTier, poolrpc.NodeTier>

/** Tier of a node, one below its number on the wire. */
export const tierToWire = (tier: NodeTier): poolrpc.NodeTier => (tier === 0 ? 'TIER_0' : 'TIER_1')

export const ORDER_STATE_FROM_WIRE = {
  ORDER_SUBMITTED: 'submitted',
  ORDER_CLEARED: 'cleared',
  ORDER_PARTIALLY_FILLED: 'partiallyFilled',
  ORDER_EXECUTED: 'executed',
  ORDER_CANCELED: 'canceled',
  ORDER_EXPIRED: 'expired',
  ORDER_FAILED: 'failed',
} as const satisfies Record<poolrpc.OrderState, OrderState>

export const ORDER_STATE_TO_WIRE = {
  submitted: 'ORDER_SUBMITTED',
  cleared: 'ORDER_CLEARED',
  partiallyFilled: 'ORDER_PARTIALLY_FILLED',
  executed: 'ORDER_EXECUTED',
  canceled: 'ORDER_CANCELED',
  expired: 'ORDER_EXPIRED',
  failed: 'ORDER_FAILED',
} as const satisfies Record<OrderState, poolrpc.OrderState>
