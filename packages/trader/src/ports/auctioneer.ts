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
  Txid,
} from '@tidepool/crypto'
import type {
  AccountVersion,
  BatchProposal,
  BatchReject,
  BatchVersion,
  BucketState,
  FeeSchedule,
  ModifyRequest,
  Order,
  OrderState,
  SignReply,
  SignRequest,
  SupplyUnits,
} from '@tidepool/market'
import type { RemoteAccount } from '../core/remoteAccount.ts'

/** What the auctioneer asks and offers right now. */
export interface AuctionTerms {
  readonly maxAccountValue: Satoshi
  readonly executionFee: FeeSchedule
  readonly buckets: ReadonlyMap<BlockCount, BucketState>
  readonly autoRenewExtension: BlockCount
}

export interface AccountReservation {
  readonly key: AccountKey
  readonly value: Satoshi
  readonly expiry: BlockHeight
  readonly version: AccountVersion
}

export interface FundedReservation extends AccountReservation {
  readonly outpoint: OutPoint
  readonly script: Uint8Array
  readonly userAgent: string
}

export type SubmitOutcome = { readonly kind: 'accepted' } | { readonly kind: 'invalid'; readonly reason: string }

export interface RemoteOrderState {
  readonly state: OrderState
  readonly unitsUnfulfilled: SupplyUnits
}

/** The auctioneer's half of a change: ECDSA with its sighash byte for version 0, else nonces and partial signature. */
export interface ChangeSignature {
  readonly signature: Uint8Array
  readonly nonces: Uint8Array
}

/** Why the auctioneer refuses a subscription, or that it stops. */
export type SubscribeErrorCode = 'unknown' | 'serverShutdown' | 'accountDoesNotExist' | 'incompleteReservation'

/** What comes on the auction stream, parsed; `unreadable` stands for a message that could not be. */
export type ServerMessage =
  | { readonly kind: 'challenge'; readonly challenge: Uint8Array; readonly commitHash: Uint8Array }
  | { readonly kind: 'success'; readonly key: AccountKey }
  | {
      readonly kind: 'error'
      readonly code: SubscribeErrorCode
      readonly key: AccountKey | undefined
      readonly text: string
      /** With `incompleteReservation`, as far as readable. */
      readonly reservation?: RemoteAccount | undefined
    }
  | { readonly kind: 'prepare'; readonly proposal: BatchProposal }
  | { readonly kind: 'signBegin'; readonly request: SignRequest }
  | { readonly kind: 'finalize'; readonly batchId: BatchId; readonly txid: Txid }
  | {
      readonly kind: 'unreadable'
      readonly what: 'prepare' | 'signBegin' | 'other'
      /** The id as far as it could be read; a reject must carry one. */
      readonly batchId: BatchId | undefined
      readonly cause: unknown
    }
  /** The answer to `recover`. */
  | { readonly kind: 'account'; readonly account: RemoteAccount }
  /** Anything a newer auctioneer may send; ignored. */
  | { readonly kind: 'other'; readonly name: string }

/** What we send on the auction stream. */
export type ClientMessage =
  | { readonly kind: 'commit'; readonly commitHash: Uint8Array; readonly batchVersion: BatchVersion }
  | {
      readonly kind: 'subscribe'
      readonly key: AccountKey
      readonly nonce: Uint8Array
      readonly signature: Uint8Array
    }
  | { readonly kind: 'accept'; readonly batchId: BatchId }
  | { readonly kind: 'reject'; readonly reject: BatchReject }
  | { readonly kind: 'sign'; readonly reply: SignReply }
  | { readonly kind: 'recover'; readonly key: AccountKey }

/** One open auction stream. Iteration ends when the stream does, and throws when it broke. */
export interface AuctionStream extends AsyncIterable<ServerMessage> {
  send(message: ClientMessage): Promise<void>
  close(): void
}

/** The auctioneer as this daemon needs it. Calls throw when it refuses or cannot be reached. */
export interface Auctioneer {
  terms(): Promise<AuctionTerms>
  reserveAccount(request: AccountReservation): Promise<{ readonly auctioneerKey: PubKey; readonly batchKey: BatchKey }>
  initAccount(request: FundedReservation): Promise<void>
  modifyAccount(request: ModifyRequest): Promise<ChangeSignature>
  submitOrder(order: Order, signature: Uint8Array, userAgent: string): Promise<SubmitOutcome>
  cancelOrder(preimage: Uint8Array): Promise<void>
  /** undefined when the auctioneer knows no such order. */
  orderState(nonce: OrderNonce): Promise<RemoteOrderState | undefined>
  /** Transaction of a final batch; undefined when there is none of that id. */
  finalTransaction(batchId: BatchId): Promise<Txid | undefined>
  /** When the newest batches were made, at most 100; Unix nanoseconds. */
  batchTimes(): Promise<readonly bigint[]>
  /** Tier of each node, as the wire enum (1 is tier 0, 2 is tier 1). */
  nodeTiers(nodes: readonly NodeKey[]): Promise<ReadonlyMap<NodeKey, number>>
  openStream(): AuctionStream
}
