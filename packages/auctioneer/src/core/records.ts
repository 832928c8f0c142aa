import type {
  AccountKey,
  BatchId,
  BatchKey,
  BlockCount,
  BlockHeight,
  NodeKey,
  OrderNonce,
  OutPoint,
  PubKey,
  Satoshi,
  SatPerKWeight,
  Txid,
} from '@tidepool/crypto'
import type {
  AccountDiff,
  AccountVersion,
  ChannelInfoType,
  ChannelType,
  CommitmentType,
  FeeSchedule,
  Order,
  OrderState,
  OrderVersion,
  RatePpb,
  SupplyUnits,
} from '@tidepool/market'
import type { Failure } from './exclusions.ts'

/** An order as the auctioneer keeps it. */
export interface OrderRecord {
  readonly order: Order
  /** DER in base64, by the account key over the order's digest. */
  readonly signature: string
  /** Strictly increasing with acceptance; breaks ties in matching. Survives partial fills. */
  readonly arrival: number
  readonly state: OrderState
  readonly unitsUnfulfilled: SupplyUnits
  /** Execution fee in force when it was accepted. */
  readonly terms: FeeSchedule
  readonly createdAtNs: bigint
  readonly userAgent: string
}

/**
 * The auctioneer's own output. funding: the operator asked for it; the wallet may or may not have sent it. pending: its
 * transaction is known. ready: confirmed, or recreated by a batch. toppingUp: the wallet pays more in, which is then
 * joined to it; until that confirms there is no batch.
 */
export type MasterAccount =
  | {
      readonly kind: 'funding'
      readonly value: Satoshi
      readonly batchKey: BatchKey
      readonly heightHint: BlockHeight
      readonly feeRate: SatPerKWeight
    }
  | {
      readonly kind: 'pending' | 'ready'
      readonly value: Satoshi
      readonly batchKey: BatchKey
      readonly heightHint: BlockHeight
      readonly outpoint: OutPoint
      /** Serialised, ours to publish; undefined when the wallet or a batch made it. */
      readonly transaction: Uint8Array | undefined
    }
  | {
      readonly kind: 'toppingUp'
      readonly value: Satoshi
      readonly batchKey: BatchKey
      readonly heightHint: BlockHeight
      readonly outpoint: OutPoint
      /** What the account grows by. */
      readonly amount: bigint
      /** What the wallet pays: the amount and the fee of joining it. */
      readonly staged: Satoshi
      readonly feeRate: SatPerKWeight
    }

/** What the auction as a whole remembers. */
export interface AuctionRecord {
  /** Base key of all accounts; says which wallet the data belongs to. undefined before the first start is over. */
  readonly accountKey: PubKey | undefined
  /** Id of the next batch, and the batch key of new accounts. */
  readonly batchKey: BatchKey
  readonly lastBatchId: BatchId | undefined
  readonly batches: number
  readonly nextArrival: number
  /** Proposals made under this batch id; each pays one satoshi more than the last, so that no transaction repeats. */
  readonly proposals: number
  readonly master: MasterAccount | undefined
  /** Fee bumps that are in no block, or in one that a reorganisation may still undo; oldest first. */
  readonly bumps: readonly BumpRecord[]
}

/** A spend of the auctioneer's own output to itself that pays for the unconfirmed batches before it. */
export interface BumpRecord {
  readonly txid: Txid
  /** Serialised, ours to publish. */
  readonly transaction: Uint8Array
  readonly fee: Satoshi
  /** Sequence of the newest batch before it. */
  readonly after: number
  readonly heightHint: BlockHeight
  readonly confirmedHeight: BlockHeight | undefined
}

/** One lease of a batch. */
export interface MatchRecord {
  readonly askNonce: OrderNonce
  readonly bidNonce: OrderNonce
  readonly askAccount: AccountKey
  readonly bidAccount: AccountKey
  readonly askNode: NodeKey
  readonly bidNode: NodeKey
  readonly units: SupplyUnits
  readonly duration: BlockCount
  readonly clearingPrice: RatePpb
  readonly premium: Satoshi
  readonly makerFee: Satoshi
  readonly takerFee: Satoshi
  readonly selfChannelBalance: Satoshi
  readonly channelValue: Satoshi
  readonly outputIndex: number
  readonly commitmentType: CommitmentType
  readonly askTerms: OrderTerms
  readonly bidTerms: OrderTerms
  /** What both sides said of the channel, to recognise a maker's force close. */
  readonly channelType: ChannelInfoType
}

/** What a snapshot shows of an order. */
export interface OrderTerms {
  readonly version: OrderVersion
  readonly duration: BlockCount
  readonly rate: RatePpb
  readonly channelType: ChannelType
}

/** What a batch did to one account. */
export interface BatchAccountRecord {
  readonly diff: AccountDiff
  readonly startingBalance: Satoshi
  readonly chainFee: Satoshi
  readonly version: AccountVersion
}

/**
 * committed: durable, perhaps not yet in the mempool. published: lnd took it. confirmed: in a block. void: a confirmed
 * transaction spent one of its inputs, or one of a batch it is built on; everything is as before it.
 */
export type BatchState = 'committed' | 'published' | 'confirmed' | 'void'

/** Not in a block, and may still get there. */
export const isWaiting = ({ state }: Pick<BatchRecord, 'state'>): boolean =>
  state === 'committed' || state === 'published'

export interface BatchRecord {
  /** 1 for the first batch. */
  readonly sequence: number
  readonly batchId: BatchId
  readonly previousId: BatchId | undefined
  readonly state: BatchState
  readonly txid: Txid
  /** Serialised with all witnesses. */
  readonly transaction: Uint8Array
  readonly feeRate: SatPerKWeight
  readonly heightHint: BlockHeight
  readonly createdAtNs: bigint
  /** Terms in force; a stream may have been charged less. */
  readonly executionFee: FeeSchedule
  readonly clearingPrices: ReadonlyMap<BlockCount, RatePpb>
  readonly matches: readonly MatchRecord[]
  readonly accounts: readonly BatchAccountRecord[]
  readonly minerFee: Satoshi
  readonly masterBefore: Satoshi
  readonly masterAfter: Satoshi
  readonly confirmedHeight: BlockHeight | undefined
  readonly attempts: readonly AttemptRecord[]
  readonly resting: ReadonlyMap<OrderNonce, string>
  readonly startedAtNs: bigint
}

/** One proposal of a run and how it ended. */
export interface AttemptRecord {
  readonly number: number
  readonly feeRate: SatPerKWeight
  readonly matches: number
  /** prepare, sign, seal, commit or done. */
  readonly endedIn: string
  readonly failures: readonly AttemptFailure[]
}

export interface AttemptFailure {
  readonly failure: Failure
  readonly accounts: readonly AccountKey[]
}

/** heldBack: orders may match, but nodes would not relay another batch before the next block. */
export type RunOutcome = 'batch' | 'nothingToMatch' | 'heldBack' | 'failed'

/** One tick of the auction. */
export interface RunRecord {
  readonly batchId: BatchId
  readonly startedAtNs: bigint
  readonly endedAtNs: bigint
  readonly outcome: RunOutcome
  readonly detail: string
  readonly attempts: readonly AttemptRecord[]
  readonly resting: ReadonlyMap<OrderNonce, string>
}
