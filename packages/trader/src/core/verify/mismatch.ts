import type { AccountKey, BatchId, NodeKey, OrderNonce, Txid } from '@tidepool/crypto'
import type { AccountEndingState, AuctionType, ChannelType, FeeSchedule, OrderState } from '@tidepool/market'
import type { OwnAccountState } from './ownRecords.ts'

/** The own and the other order of a match. */
interface Pair {
  readonly nonce: OrderNonce
  readonly counterpart: OrderNonce
}
interface Expectation<T> {
  readonly expected: T
  readonly got: T
}

/** Faults of the proposal as a whole. */
export type ProposalMismatch =
  /** The batch runs under another feature set than ours; update the older side. */
  | ({ readonly code: 'BATCH_VERSION_MISMATCH' } & Expectation<number>)
  /** The height hint is more than three blocks from our best height; helps once both sides see the same chain. */
  | { readonly code: 'HEIGHT_HINT_OUT_OF_RANGE'; readonly hint: number; readonly bestHeight: number }
  /** A batch of this id is already final; its id must never come back. */
  | { readonly code: 'BATCH_ALREADY_FINALIZED'; readonly batchId: BatchId }
  /** We signed this transaction once; its channels are there already, or were given up for good. */
  | { readonly code: 'TRANSACTION_ALREADY_SIGNED'; readonly txid: Txid }
  /** A lock time or relative lock keeps the transaction from confirming now. */
  | { readonly code: 'TRANSACTION_TIME_LOCKED'; readonly lockTime: number }

/** Faults of our own records: orders and accounts named that cannot take part. */
export type RecordMismatch =
  /** A matched own nonce is not in our records. */
  | { readonly code: 'ORDER_UNKNOWN'; readonly nonce: OrderNonce }
  /** The order's account is not in our records. */
  | { readonly code: 'ACCOUNT_UNKNOWN'; readonly nonce: OrderNonce; readonly accountKey: AccountKey }
  /** V-18: the order is closed: filled, canceled, expired or failed. */
  | { readonly code: 'ORDER_NOT_OPEN'; readonly nonce: OrderNonce; readonly state: OrderState }
  /** V-19: the account is neither open nor waiting for its last batch to confirm. */
  | { readonly code: 'ACCOUNT_NOT_OPEN'; readonly accountKey: AccountKey; readonly state: OwnAccountState }
  /** V-19: the account expires before the batch can be relied on to confirm. */
  | {
      readonly code: 'ACCOUNT_EXPIRES_TOO_SOON'
      readonly accountKey: AccountKey
      readonly expiry: number
      readonly earliest: number
    }
  /** The sidecar recipient was sent a bid for which it holds no ticket. */
  | { readonly code: 'SIDECAR_NOT_EXPECTED'; readonly nonce: OrderNonce }

/** Faults of one match: the other order is not one ours may meet. */
export type MatchMismatch =
  /** Ask meets ask, or bid meets bid. */
  | ({ readonly code: 'SAME_ORDER_TYPE' } & Pair)
  /** Inbound meets outbound. */
  | ({ readonly code: 'AUCTION_TYPE_DIFFERS'; readonly got: AuctionType } & Pair)
  /** The other order is from our own node, or is one of our own. */
  | ({ readonly code: 'COUNTERPART_IS_OWN_NODE' } & Pair)
  /** The two orders lease for different durations. */
  | ({ readonly code: 'LEASE_DURATION_DIFFERS' } & Pair & Expectation<number>)
  /** The ask wants more than the bid gives. */
  | ({ readonly code: 'ASK_ABOVE_BID'; readonly askRate: number; readonly bidRate: number } & Pair)
  /** The other order's amount is smaller than what is filled from it. */
  | ({ readonly code: 'COUNTERPART_OVERFILLED'; readonly units: number; readonly available: number } & Pair)
  /** The clearing price is beyond the other order's own limit. */
  | ({ readonly code: 'COUNTERPART_PRICE_EXCEEDED'; readonly limit: number; readonly price: number } & Pair)
  /** V-23: a match of no units. */
  | ({ readonly code: 'UNITS_ZERO' } & Pair)
  /** V-24: the same other order twice for one own order. */
  | ({ readonly code: 'COUNTERPART_LISTED_TWICE' } & Pair)
  /** V-25: the other side's funding key is ours: a channel with ourselves. */
  | ({ readonly code: 'FUNDING_KEY_IS_OWN' } & Pair)
  /** V-11: simple taproot was ordered, something else would result. */
  | ({ readonly code: 'CHANNEL_TYPE_NOT_ORDERED'; readonly got: ChannelType } & Pair)
  /** V-26: a bid with self channel balance, or a sidecar bid, is filled by more than one match. */
  | { readonly code: 'SELF_BALANCE_SPLIT'; readonly nonce: OrderNonce; readonly matches: number }
  /** V-27: an outbound order is filled with another size than one unit. */
  | ({ readonly code: 'OUTBOUND_UNITS'; readonly units: number } & Pair)
  /** V-27: the bid brings less self channel balance than the outbound ask demands. */
  | ({ readonly code: 'OUTBOUND_SELF_BALANCE_TOO_LOW'; readonly minimum: bigint; readonly got: bigint } & Pair)
  /** V-28: announced where unannounced was asked for, or the other way round. */
  | ({ readonly code: 'ANNOUNCEMENT_DIFFERS' } & Pair)
  /** V-28: zero-conf where confirmed was asked for, or the other way round. */
  | ({ readonly code: 'CONFIRMATION_DIFFERS' } & Pair)
  /** V-29: the ask's version opted out of self channel balance or of sidecar channels. */
  | ({ readonly code: 'ASK_OPTED_OUT'; readonly askVersion: number; readonly minimum: number } & Pair)
  /** V-29: our sidecar bid's ticket names no recipient yet. */
  | ({ readonly code: 'SIDECAR_RECIPIENT_MISSING' } & Pair)
  /** V-29: the asker is the recipient of the sidecar channel. */
  | ({ readonly code: 'SIDECAR_RECIPIENT_IS_ASKER' } & Pair)
  /** The sidecar channel is not of the size or push amount the ticket says. */
  | ({ readonly code: 'SIDECAR_CAPACITY_DIFFERS' } & Pair & Expectation<bigint>)
  /** V-30: the other order is of a version whose rules we do not know. */
  | ({ readonly code: 'ORDER_VERSION_UNKNOWN'; readonly version: number } & Pair)
  /** Our allow or deny list excludes the other node. */
  | ({ readonly code: 'NODE_NOT_ALLOWED'; readonly node: NodeKey } & Pair)

/** Faults of price, size and fees. */
export type PriceMismatch =
  /** The batch names no price for the order's duration. */
  | { readonly code: 'CLEARING_PRICE_MISSING'; readonly nonce: OrderNonce; readonly duration: number }
  /** The clearing price is beyond our order's limit. */
  | {
      readonly code: 'CLEARING_PRICE_EXCEEDED'
      readonly nonce: OrderNonce
      readonly limit: number
      readonly price: number
    }
  /** More units than the order has left. */
  | {
      readonly code: 'UNITS_ABOVE_UNFULFILLED'
      readonly nonce: OrderNonce
      readonly units: number
      readonly left: number
    }
  /** V-04: one match is smaller than the order's minimum. */
  | ({ readonly code: 'UNITS_BELOW_MINIMUM'; readonly units: number; readonly minimum: number } & Pair)
  /** V-01: the batch fee rate is above the order's maximum. */
  | {
      readonly code: 'FEE_RATE_ABOVE_MAXIMUM'
      readonly nonce: OrderNonce
      readonly maximum: bigint
      readonly got: bigint
    }
  /** V-02: a component of the execution fee is above what any matched order was quoted. */
  | { readonly code: 'EXECUTION_FEE_ABOVE_TERMS'; readonly terms: FeeSchedule; readonly got: FeeSchedule }
  /** An amount that follows from the proposal is more money than exists. */
  | ({ readonly code: 'AMOUNT_OUT_OF_RANGE' } & Pair)

/** Faults of the batch transaction and of what it does to our accounts. */
export type AccountMismatch =
  /** No output pays the match's channel. */
  | ({ readonly code: 'CHANNEL_OUTPUT_MISSING'; readonly value: bigint; readonly script: string } & Pair)
  /** V-05: the only output that would do already serves another match. */
  | ({ readonly code: 'CHANNEL_OUTPUT_SHARED'; readonly value: bigint; readonly script: string } & Pair)
  /** A diff for an account without a match. */
  | { readonly code: 'DIFF_UNINVOLVED'; readonly accountKey: AccountKey }
  /** Two diffs for one account. */
  | { readonly code: 'DIFF_TWICE'; readonly accountKey: AccountKey }
  /** V-16: an account takes part without a diff: nothing would bind what it ends with. */
  | { readonly code: 'DIFF_MISSING'; readonly accountKey: AccountKey }
  /** V-17: the account's outpoint is not among the inputs. */
  | { readonly code: 'ACCOUNT_INPUT_MISSING'; readonly accountKey: AccountKey }
  /** The account's outpoint is more than once among the inputs: the transaction is invalid. */
  | { readonly code: 'ACCOUNT_INPUT_TWICE'; readonly accountKey: AccountKey }
  /** V-16, V-17: an account without a match is spent. */
  | { readonly code: 'ACCOUNT_SPENT_UNINVOLVED'; readonly accountKey: AccountKey }
  /** V-20: the account is charged more than it holds. */
  | { readonly code: 'ACCOUNT_OVERDRAWN'; readonly accountKey: AccountKey; readonly balance: bigint }
  /** The ending balance is not what we compute. */
  | ({ readonly code: 'ENDING_BALANCE_WRONG'; readonly accountKey: AccountKey } & Expectation<bigint>)
  /** V-03: the new expiry locks the account up for too long, or is no height at all. */
  | {
      readonly code: 'NEW_EXPIRY_TOO_FAR'
      readonly accountKey: AccountKey
      readonly got: number
      readonly latest: number
    }
  /** V-21: the new expiry is before the old one. */
  | {
      readonly code: 'NEW_EXPIRY_LOWERED'
      readonly accountKey: AccountKey
      readonly got: number
      readonly current: number
    }
  /** V-22: the new account version is one we do not know. */
  | { readonly code: 'NEW_VERSION_UNKNOWN'; readonly accountKey: AccountKey; readonly version: number }
  /** V-22: the new account version lacks its flag in the batch version. */
  | { readonly code: 'NEW_VERSION_UNSUPPORTED'; readonly accountKey: AccountKey; readonly version: number }
  /** Dust is said to be re-created, or a balance above dust is said to be gone. */
  | {
      readonly code: 'ENDING_STATE_WRONG'
      readonly accountKey: AccountKey
      readonly state: AccountEndingState
      readonly balance: bigint
    }
  /** The index names no output, or names one for an account that has none. */
  | { readonly code: 'OUTPUT_INDEX_WRONG'; readonly accountKey: AccountKey; readonly index: number }
  /** The account's output holds another amount than the ending balance. */
  | ({ readonly code: 'ACCOUNT_OUTPUT_VALUE_WRONG'; readonly accountKey: AccountKey } & Expectation<bigint>)
  /** The account's output pays another script than the account's next one. */
  | ({ readonly code: 'ACCOUNT_OUTPUT_SCRIPT_WRONG'; readonly accountKey: AccountKey } & Expectation<string>)

/** Faults of the request to sign. */
export type SignMismatch =
  /** The request is for another batch than the one accepted. */
  | { readonly code: 'SIGN_OTHER_BATCH'; readonly batchId: BatchId }
  /** Not every input's previous output is listed. */
  | ({ readonly code: 'PREV_OUTPUTS_INCOMPLETE' } & Expectation<number>)
  /** The previous output of an own account's input is not that account. */
  | { readonly code: 'PREV_OUTPUT_WRONG'; readonly accountKey: AccountKey; readonly index: number }
  /** An input is no native segwit spend: its signature could still change the transaction's id. */
  | { readonly code: 'INPUT_MALLEABLE'; readonly index: number }
  /** V-12: the transaction pays less to miners than the fee rate that we were charged by. */
  | { readonly code: 'TRANSACTION_FEE_TOO_LOW'; readonly paid: bigint; readonly minimum: bigint }
  /** A taproot account has no server nonce. */
  | { readonly code: 'SERVER_NONCE_MISSING'; readonly accountKey: AccountKey }
  /** A server nonce for an account that needs none. */
  | { readonly code: 'SERVER_NONCE_UNEXPECTED'; readonly accountKey: AccountKey }
  /** V-31: a server nonce is not two points of 33 bytes. */
  | { readonly code: 'SERVER_NONCE_INVALID'; readonly accountKey: AccountKey }
  /** A server nonce came before: each is for one signature. */
  | { readonly code: 'SERVER_NONCE_REUSED'; readonly accountKey: AccountKey }

export type MismatchDetail =
  | ProposalMismatch
  | RecordMismatch
  | MatchMismatch
  | PriceMismatch
  | AccountMismatch
  | SignMismatch
export type MismatchCode = MismatchDetail['code']

/** One thing wrong with a proposal or a request to sign. */
export interface BatchMismatch {
  readonly code: MismatchCode
  readonly detail: MismatchDetail
  /** For people: what is wrong, without secrets. */
  readonly text: string
}
