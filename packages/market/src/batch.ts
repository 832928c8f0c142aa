import type {
  AccountKey,
  BatchId,
  BlockCount,
  BlockHeight,
  Brand,
  NodeKey,
  OrderNonce,
  OutPointText,
  PubKey,
  SatPerKWeight,
  Transaction,
  TxList,
  TxOutput,
} from '@tidepool/crypto'
import type { FeeSchedule } from './feeSchedule.ts'
import type { CounterpartOrder, RatePpb, SupplyUnits } from './order.ts'

/** Feature set both sides of a batch must support: linear number in the low four bits, flags above. */
export type BatchVersion = Brand<number, 'BatchVersion'>

/** What became of an account's output in a batch. */
export type AccountEndingState = 'recreated' | 'dustExtendedOffchain' | 'dustAddedToFees' | 'fullySpent'

/** What one batch does to one account. */
export interface AccountDiff {
  readonly accountKey: AccountKey
  /** As read from the wire, unsigned 64 bits: may exceed all money in a lying message. */
  readonly endingBalance: bigint
  readonly endingState: AccountEndingState
  /** -1 when there is no output. */
  readonly outpointIndex: number
  /** 0 leaves the expiry as it is. */
  readonly newExpiry: number
  /** Values not above the account's version change nothing. */
  readonly newVersion: number
}

/** One fill of an own order, as proposed. */
export interface ProposedMatch {
  readonly ownNonce: OrderNonce
  readonly counterpart: CounterpartOrder
  readonly units: SupplyUnits
}

/** A Prepare message, parsed: the part of a batch one trader sees. */
export interface BatchProposal {
  readonly batchId: BatchId
  readonly batchVersion: BatchVersion
  readonly matches: readonly ProposedMatch[]
  /** One price per lease duration. */
  readonly clearingPrices: ReadonlyMap<BlockCount, RatePpb>
  readonly accountDiffs: readonly AccountDiff[]
  readonly executionFee: FeeSchedule
  /** Unsigned batch execution transaction. */
  readonly transaction: Transaction
  readonly feeRate: SatPerKWeight
  readonly heightHint: BlockHeight
}

/** A SignBegin message, parsed. */
export interface SignRequest {
  readonly batchId: BatchId
  /** 66 bytes for each taproot account in the trader's diffs. */
  readonly serverNonces: ReadonlyMap<AccountKey, Uint8Array>
  /** Every input's previous output, in transaction order. */
  readonly prevOutputs: TxList<TxOutput>
}

export type ChannelInfoType = 'tweakless' | 'anchors' | 'scriptEnforcedLease' | 'simpleTaproot'

/** What one side tells of a funded channel, to recognise a premature force close. */
export interface ChannelInfo {
  readonly type: ChannelInfoType
  readonly localNodeKey: NodeKey
  readonly remoteNodeKey: NodeKey
  readonly localPaymentBasePoint: PubKey
  readonly remotePaymentBasePoint: PubKey
}

/** A Sign message, parsed. */
export interface SignReply {
  readonly batchId: BatchId
  /** Version 0: DER without sighash byte; taproot: 32-byte partial signature. */
  readonly accountSigs: ReadonlyMap<AccountKey, Uint8Array>
  readonly traderNonces: ReadonlyMap<AccountKey, Uint8Array>
  readonly channelInfos: ReadonlyMap<OutPointText, ChannelInfo>
}

/** Codes of a rejected batch (wire enum of `OrderMatchReject`). */
export type RejectCode = 'unknown' | 'serverMisbehavior' | 'batchVersionMismatch' | 'partialReject'

/** Why one match of a partial reject failed; keyed by the other order's nonce. */
export interface PartialReject {
  readonly reason: string
  readonly code: 'duplicatePeer' | 'channelFundingFailed'
}

export interface BatchReject {
  readonly batchId: BatchId
  readonly code: RejectCode
  readonly reason: string
  readonly rejectedOrders: ReadonlyMap<OrderNonce, PartialReject>
}
