import type { AccountKey, BlockCount, Satoshi } from '@tidepool/crypto'
import type { BookAccount, StreamId } from '../book.ts'
import type { CommitmentType } from '../channelTypes.ts'
import type { FeeSchedule } from '../feeSchedule.ts'
import type { RatePpb } from '../order.ts'
import type { Match } from './types.ts'

/** A match with its money worked out at the clearing price. */
export interface ClearedMatch extends Match {
  readonly price: RatePpb
  /** What the maker's account puts into the channel. */
  readonly makerAmount: Satoshi
  /** What the taker's account puts into the channel, on its own side. */
  readonly selfChannelBalance: Satoshi
  /** Channel capacity. */
  readonly capacity: Satoshi
  /** Paid by the taker, earned by the maker. */
  readonly premium: Satoshi
  readonly makerExecutionFee: Satoshi
  readonly takerExecutionFee: Satoshi
  readonly commitment: CommitmentType
}

/** What a batch does to one account's money. */
export interface ClearedAccount {
  readonly before: BookAccount
  /** New channels paid from this account, as maker or taker. */
  readonly channels: number
  /** Below `ACCOUNT_DUST` the output is not recreated. */
  readonly endingBalance: Satoshi
  readonly executionFees: Satoshi
  readonly premiumsPaid: Satoshi
  readonly premiumsEarned: Satoshi
  readonly chainFee: Satoshi
}

/** A matched market with all balances settled. */
export interface ClearedMarket {
  readonly matches: readonly ClearedMatch[]
  readonly prices: ReadonlyMap<BlockCount, RatePpb>
  readonly accounts: ReadonlyMap<AccountKey, ClearedAccount>
  /** Execution fee terms each stream is charged. */
  readonly terms: ReadonlyMap<StreamId, FeeSchedule>
  /** Sum over all sides of all matches. */
  readonly executionFees: Satoshi
  /** Sum of the accounts' shares of the miner fee. */
  readonly chainFees: Satoshi
}

/** Settled, or the accounts that would end below zero. */
export type ClearingResult =
  | { readonly kind: 'cleared'; readonly market: ClearedMarket }
  | { readonly kind: 'overdrawn'; readonly accounts: readonly AccountKey[] }
