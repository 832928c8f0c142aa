import type {
  AccountKey,
  BlockCount,
  Brand,
  NodeKey,
  OrderNonce,
  PubKey,
  Satoshi,
  SatPerKWeight,
} from '@tidepool/crypto'

/** Price per block in parts per billion of the amount, uint32. */
export type RatePpb = Brand<number, 'RatePpb'>
/** Whole base supply units of 100,000 sat. */
export type SupplyUnits = Brand<number, 'SupplyUnits'>

export type OrderVersion = 0 | 1 | 2 | 3 | 4 | 5
export type AuctionType = 'inbound' | 'outbound'
export type ChannelType = 'peerDependent' | 'scriptEnforced' | 'simpleTaproot'
/** As on the wire: `default` is read as `tier1` when matching. */
export type MinNodeTier = 'default' | 'tier0' | 'tier1'
/** A node's rating, a natural number; unknown nodes are tier 0. */
export type NodeTier = 0 | 1
export type AnnouncementConstraint = 'none' | 'onlyAnnounced' | 'onlyUnannounced'
export type ConfirmationConstraint = 'none' | 'onlyConfirmed' | 'onlyZeroConf'

/** `addr` is `host:port`, host an IP literal or an onion name. */
export interface NodeAddress {
  readonly network: 'tcp'
  readonly addr: string
}

/** Counterparts an order takes; never both lists. */
export type NodeFilter =
  | { readonly kind: 'any' }
  | { readonly kind: 'allow'; readonly nodes: readonly NodeKey[] }
  | { readonly kind: 'deny'; readonly nodes: readonly NodeKey[] }

/** What ask and bid share and a counterpart may see. */
export interface OrderBase {
  readonly nonce: OrderNonce
  readonly version: OrderVersion
  readonly auctionType: AuctionType
  readonly rate: RatePpb
  /** Positive multiple of 100,000 sat. */
  readonly amount: Satoshi
  readonly minUnitsMatch: SupplyUnits
  readonly leaseDuration: BlockCount
  readonly maxBatchFeeRate: SatPerKWeight
  readonly channelType: ChannelType
  /** Funding key of every channel of this order. */
  readonly multiSigKey: PubKey
  readonly nodeKey: NodeKey
  readonly nodeAddresses: readonly NodeAddress[]
}

interface AskFields {
  readonly kind: 'ask'
  readonly announcement: AnnouncementConstraint
  readonly confirmation: ConfirmationConstraint
}

interface BidFields {
  readonly kind: 'bid'
  readonly minNodeTier: MinNodeTier
  /** Satoshis the bidder adds so that its side of the channel starts funded. */
  readonly selfChannelBalance: Satoshi
  readonly isSidecar: boolean
  readonly unannounced: boolean
  readonly zeroConf: boolean
}

interface OwnerFields {
  readonly accountKey: AccountKey
  readonly nodeFilter: NodeFilter
  readonly isPublic: boolean
}

/** An offer to lease out, as its owner and the auctioneer know it. */
export type Ask = OrderBase & AskFields & OwnerFields
/** A wish to lease in, as its owner and the auctioneer know it. */
export type Bid = OrderBase & BidFields & OwnerFields
export type Order = Ask | Bid

/** A stranger's order as a batch proposal shows it: no account, no lists. */
export type CounterpartAsk = OrderBase & AskFields
export type CounterpartBid = OrderBase & BidFields
export type CounterpartOrder = CounterpartAsk | CounterpartBid

/**
 * submitted: accepted, nothing filled. cleared: in an executing batch (never stored). partiallyFilled: some units
 * filled, the rest open. executed: filled, or the rest below its own minimum. canceled, expired, failed: closed
 * without (further) fills. From executed on an order is archived.
 */
export type OrderState = 'submitted' | 'cleared' | 'partiallyFilled' | 'executed' | 'canceled' | 'expired' | 'failed'

export const isArchived = (state: OrderState): boolean =>
  state === 'executed' || state === 'canceled' || state === 'expired' || state === 'failed'
