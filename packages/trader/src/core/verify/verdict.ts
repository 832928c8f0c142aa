import type {
  BatchId,
  BlockCount,
  BlockHeight,
  OrderNonce,
  OutPoint,
  PubKey,
  Satoshi,
  SatPerKWeight,
  Transaction,
  Txid,
} from '@tidepool/crypto'
import type {
  Account,
  AccountEndingState,
  CommitmentType,
  CounterpartOrder,
  RatePpb,
  SupplyUnits,
} from '@tidepool/market'
import type { Rejected } from './rejected.ts'

/** What a batch leaves of one own account. */
export interface EndingAccount {
  /** As stored, before the batch. */
  readonly before: Account
  readonly inputIndex: number
  readonly endingBalance: Satoshi
  readonly endingState: AccountEndingState
  readonly executionFee: Satoshi
  readonly chainFee: Satoshi
  /** The account behind its new output; absent when it has none and ends. */
  readonly next: Account | undefined
  readonly nextScript: Uint8Array | undefined
}

/** What a batch fills of one own order. */
export interface OrderFill {
  readonly nonce: OrderNonce
  readonly unitsFilled: SupplyUnits
  readonly unitsUnfulfilled: SupplyUnits
  /** executed: nothing left, or less than the order's own minimum. */
  readonly state: 'partiallyFilled' | 'executed'
}

/** One channel the batch funds, from our side. */
export interface ExpectedChannel {
  readonly ownNonce: OrderNonce
  readonly counterpartNonce: OrderNonce
  /** The asker opens, the bidder accepts. */
  readonly role: 'asker' | 'bidder'
  /** provider: the bid is ours, the channel is the recipient's, so no shim here. recipient: the other way round. */
  readonly sidecar: 'none' | 'provider' | 'recipient'
  readonly counterpart: CounterpartOrder
  readonly units: SupplyUnits
  readonly outpoint: OutPoint
  readonly value: Satoshi
  readonly script: Uint8Array
  readonly commitmentType: CommitmentType
  /** 32 bytes, known to both nodes (white paper §6.1.3). */
  readonly pendingChannelId: Uint8Array
  /** Relative below 500,000, else absolute: absolute for script-enforced leases. */
  readonly thawHeight: number
  readonly pushAmount: Satoshi
  readonly leaseDuration: BlockCount
  readonly unannounced: boolean
  readonly zeroConf: boolean
  readonly localKey: PubKey
  readonly remoteKey: PubKey
  readonly price: RatePpb
  readonly premium: Satoshi
  /** What our account pays the auctioneer for this match. */
  readonly executionFee: Satoshi
}

/** A batch found right, with everything that follows from it. */
export interface AcceptedBatch {
  readonly batchId: BatchId
  readonly txid: Txid
  readonly transaction: Transaction
  readonly feeRate: SatPerKWeight
  readonly heightHint: BlockHeight
  /** Empty for a clean-up message, which replaces a pending batch with nothing. */
  readonly accounts: readonly EndingAccount[]
  readonly fills: readonly OrderFill[]
  readonly channels: readonly ExpectedChannel[]
}

export type BatchVerdict = { readonly verdict: 'accepted'; readonly result: AcceptedBatch } | Rejected
