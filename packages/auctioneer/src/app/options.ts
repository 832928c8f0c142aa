import type { BlockCount, Satoshi, SatPerKWeight } from '@tidepool/crypto'
import type { AccountVersion, BucketState, FeeSchedule, MatchRules, NodeTier } from '@tidepool/market'
import type { ChainLimits } from '../core/unconfirmedChain.ts'

/** Largest that the venue takes; what a batch does to an account is never capped. */
export interface MarketCaps {
  readonly orderAmount: Satoshi
  /** Capacity of one channel, self channel balance included. */
  readonly channelCapacity: Satoshi
  readonly ordersPerAccount: number
}

/** What the operator decides about the market; read once at start. */
export interface AuctioneerOptions {
  readonly maxAccountValue: Satoshi
  readonly executionFee: FeeSchedule
  /** Where durations start; what the operator changes later is stored. */
  readonly buckets: ReadonlyMap<BlockCount, BucketState>
  readonly caps: MarketCaps
  /** Accounts that expire within this many blocks are extended to that far ahead by a batch. */
  readonly autoRenewExtension: BlockCount
  /** An account must outlive the tip by more than this to trade. */
  readonly expiryMargin: BlockCount
  /** Highest version a batch upgrades accounts to; undefined: never. */
  readonly upgradeTo: AccountVersion | undefined
  readonly confTarget: number
  readonly minFeeRate: SatPerKWeight
  readonly maxFeeRate: SatPerKWeight
  /** Beyond this a batch waits for the next block; below what nodes relay, so that a fee bump still has its place. */
  readonly chainLimits: ChainLimits
  /** Time between auctions; 0: only on the operator's command. */
  readonly intervalMs: number
  /** Time a trader has for each step; more than a stock client's own 15 s. */
  readonly stepTimeoutMs: number
  /** After a step of a handshake nothing is proposed on its stream for so long. */
  readonly quietMs: number
  /** Auctions for which two nodes are kept apart after a failed funding. */
  readonly conflictCooldown: number
  /** Longest time for which an account is left out because its trader did not answer; 0: until it answers, no longer. */
  readonly silenceLimitMs: number
  readonly defaultTier: NodeTier
  readonly rules: MatchRules
}

/** Key family of the auctioneer in its lnd: 0 the base key of all accounts, 1 its own account. */
export const AUCTIONEER_KEY_FAMILY = 1220
export const ACCOUNT_KEY_LOCATOR = { family: AUCTIONEER_KEY_FAMILY, index: 0 } as const
export const MASTER_KEY_LOCATOR = { family: AUCTIONEER_KEY_FAMILY, index: 1 } as const
