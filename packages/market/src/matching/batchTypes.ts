import type {
  AccountKey,
  BatchId,
  BatchKey,
  BlockCount,
  BlockHeight,
  OutPoint,
  PubKey,
  Satoshi,
  SatPerKWeight,
  Transaction,
  Txid,
  TxOutput,
} from '@tidepool/crypto'
import { ClmError } from '@tidepool/crypto'
import type { Account, AccountVersion } from '../account.ts'
import type { AccountDiff, BatchProposal } from '../batch.ts'
import type { StreamId, TraderStream } from '../book.ts'
import type { ClearedMatch } from './clearedTypes.ts'

/** The auctioneer's own output: pays the miner what fee shares do not, collects execution fees. */
export interface MasterOutput {
  /** Base key, tweaked by `batchKey` in the script (white paper §6.1.1). */
  readonly key: PubKey
  readonly batchKey: BatchKey
  readonly outpoint: OutPoint
  readonly value: Satoshi
}

export interface ConstructContext {
  readonly batchId: BatchId
  readonly feeRate: SatPerKWeight
  readonly heightHint: BlockHeight
  /** Extend accounts that expire within this many blocks to that far ahead; none when undefined. */
  readonly extendExpiry?: BlockCount | undefined
  /** Upgrade accounts to at most this version where the trader's batch version allows; none when undefined. */
  readonly upgradeTo?: AccountVersion | undefined
  /**
   * Satoshis the auctioneer adds to the miner fee. A proposal made again after one that traders opened channels for
   * must have another transaction id: a node never opens an outpoint that it abandoned.
   */
  readonly extraFee?: Satoshi | undefined
  /** As in the match context. */
  readonly sidecarRecipients: ReadonlyMap<PubKey, TraderStream>
}

export interface BatchAccount {
  readonly before: Account
  readonly stream: TraderStream
  /** Of the transaction. */
  readonly inputIndex: number
  readonly diff: AccountDiff
  /** undefined when the output is not recreated. */
  readonly after: Account | undefined
}

export interface BatchChannel {
  readonly match: ClearedMatch
  readonly outpoint: OutPoint
  readonly output: TxOutput
  /** SHA-256 of ask and bid nonce. */
  readonly pendingChannelId: Uint8Array
}

export interface BatchFees {
  /** Estimated with the largest witnesses. */
  readonly weight: number
  /** Inputs minus outputs, exactly. */
  readonly minerFee: Satoshi
  readonly executionFees: Satoshi
  readonly chainFees: Satoshi
  /** Ending balances too small for an output. */
  readonly dust: Satoshi
}

/** A batch ready to propose. */
export interface ConstructedBatch {
  readonly batchId: BatchId
  readonly nextBatchKey: BatchKey
  readonly feeRate: SatPerKWeight
  readonly heightHint: BlockHeight
  /** Unsigned, inputs and outputs in BIP-69 order. */
  readonly transaction: Transaction
  readonly txid: Txid
  /** Of every input, in transaction order. */
  readonly prevOutputs: readonly TxOutput[]
  readonly accounts: ReadonlyMap<AccountKey, BatchAccount>
  readonly channels: readonly BatchChannel[]
  /** The auctioneer's next output. */
  readonly master: MasterOutput
  readonly masterInputIndex: number
  readonly fees: BatchFees
  /** What each trader stream gets to see, sidecar recipients included. */
  readonly proposals: ReadonlyMap<StreamId, BatchProposal>
}

export type BatchBuildErrorDetail =
  /** The auctioneer's own output cannot pay its part of the miner fee; fund the master account. */
  | { readonly code: 'BATCH_MASTER_TOO_SMALL'; readonly missing: string }
  /** A cleared match refers to an account or stream that is not there: a bug in the caller. */
  | { readonly code: 'BATCH_INCONSISTENT'; readonly what: string }

export class BatchBuildError extends ClmError<BatchBuildErrorDetail> {}
