import type { AccountKey, BlockCount, BlockHeight, NodeKey, OrderNonce, PubKey, SatPerKWeight } from '@tidepool/crypto'
import type { BookAccount, BookAsk, BookBid, BookOrder, NodePair, TraderStream } from '../book.ts'
import type { ChannelTypeRule } from '../channelTypes.ts'
import type { Ask, Bid, NodeTier, RatePpb, SupplyUnits } from '../order.ts'

/** Settings of the matchmaker; part of what an outcome is a function of. */
export interface MatchRules {
  /** `mostVolume`: the last accepted bid that clears most. `lowestBid`: the paper's literal rule. */
  readonly priceRule: 'mostVolume' | 'lowestBid'
  readonly channelTypes: ChannelTypeRule
  /** Largest weight of a batch transaction. */
  readonly maxWeight: number
  /** Largest number of new plus pending channels per node. */
  readonly maxNodeChannels: number
  /** Whether the improvement pass runs (matching §4.5). */
  readonly improve: boolean
  /** Pairs the improvement pass may look at; a count, for time would make outcomes differ between machines. */
  readonly maxImprovementSteps: number
}

export const DEFAULT_MATCH_RULES: MatchRules = {
  priceRule: 'mostVolume',
  channelTypes: 'mixed',
  maxWeight: 400_000,
  maxNodeChannels: 40,
  improve: true,
  maxImprovementSteps: 400_000,
}

/** Everything besides the orders that an outcome depends on: a snapshot taken once per attempt. */
export interface MatchContext {
  readonly feeRate: SatPerKWeight
  readonly height: BlockHeight
  /** An account must expire later than `height` plus this. */
  readonly expiryMargin: BlockCount
  readonly accounts: ReadonlyMap<AccountKey, BookAccount>
  /** Live sidecar recipients by the funding key they authenticated with. */
  readonly sidecarRecipients: ReadonlyMap<PubKey, TraderStream>
  readonly openDurations: ReadonlySet<BlockCount>
  readonly tiers: ReadonlyMap<NodeKey, NodeTier>
  /** Tier of a node that `tiers` does not name. */
  readonly defaultTier: NodeTier
  readonly bannedAccounts: ReadonlySet<AccountKey>
  readonly bannedNodes: ReadonlySet<NodeKey>
  /** Left out for a time because their traders were asked and did not answer. */
  readonly silentAccounts: ReadonlySet<AccountKey>
  readonly conflicts: ReadonlySet<NodePair>
  /** Orders and accounts left out of this attempt, e.g. after a reject. */
  readonly excludedOrders: ReadonlySet<OrderNonce>
  readonly excludedAccounts: ReadonlySet<AccountKey>
  /** Channels known to be pending at a node. */
  readonly pendingChannels: ReadonlyMap<NodeKey, number>
  readonly rules: MatchRules
}

/** Why an order takes no part in this attempt at all (matching §2). */
export type FilterReason =
  /** Left out by name, e.g. its trader rejected or did not answer. */
  | 'excludedFromAttempt'
  /** F1: archived, or nothing left. */
  | 'orderNotActive'
  /** F1: what is left is below the order's own minimum. */
  | 'remainderBelowMinimum'
  /** F2: the batch costs more per weight than the order allows. */
  | 'feeRateAboveMaximum'
  /** F3: account unknown, unconfirmed, expired, closed or being modified. */
  | 'accountNotReady'
  /** F4: account expires too soon. */
  | 'accountExpiresSoon'
  /** F5: account or node is banned. */
  | 'banned'
  /** F5: its trader left batches without an answer and is left out for a time. */
  | 'traderSilent'
  /** F6: the trader, or a sidecar's recipient, is not connected. */
  | 'traderOffline'
  /** F7: the duration's market is not open for clearing. */
  | 'durationNotOpen'
  /** F8: the trader's batch version does not carry what the order uses. */
  | 'batchVersionLacksFeature'

/** Why an ask and a bid cannot meet (matching §3). */
export type PairReason =
  | 'durationDiffers'
  | 'auctionTypeDiffers'
  | 'ratesDoNotCross'
  | 'sameAccount'
  | 'sameNode'
  | 'nodeTierTooLow'
  | 'nodeNotAdmitted'
  | 'channelTypesIncompatible'
  | 'announcementUnmet'
  | 'confirmationUnmet'
  | 'orderVersionTooLow'
  | 'nodesInConflict'
  | 'sizesDoNotFit'
  | 'taprootAnnounced'
  | 'zeroConfChannelType'
  | 'sidecarChannelType'
  | 'counterpartBatchVersion'
  | 'sameTrader'

/** Says why an ask and a bid cannot meet, whatever is left of them, or nothing. */
export type PairRule = (ask: Ask, bid: Bid, context: MatchContext) => PairReason | undefined

/** Why an order that took part got nothing. */
export type OutcomeReason =
  /** No order of the other side took part in this market. */
  | 'noCounterpart'
  /** A counterpart would do, but better-placed orders took it. */
  | 'counterpartTaken'
  /** The clearing price is beyond the order's rate. */
  | 'priceBeyondRate'
  /** The transaction was full. */
  | 'batchFull'
  /** Its node, or the counterpart's, would have too many pending channels. */
  | 'nodeChannelLimit'
  /** Its account would end below zero. */
  | 'accountOverdrawn'

export type UnmatchedReason = FilterReason | PairReason | OutcomeReason

/** One ask, one bid, some units. */
export interface Match {
  readonly ask: BookAsk
  readonly bid: BookBid
  readonly units: SupplyUnits
}

/** Result of matchmaking: who trades how much, at which price, and why the others do not. */
export interface MatchOutcome {
  /** In the order of the pass. */
  readonly matches: readonly Match[]
  /** One per duration that trades. */
  readonly prices: ReadonlyMap<BlockCount, RatePpb>
  /** A reason for each order without a match. */
  readonly unmatched: ReadonlyMap<OrderNonce, UnmatchedReason>
}

/** Orders that passed the filters, of one auction type and duration, in priority order. */
export interface Market {
  readonly asks: readonly BookAsk[]
  readonly bids: readonly BookBid[]
}

export type Book = readonly BookOrder[]
