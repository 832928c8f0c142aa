import type { AccountKey, BatchId, BlockCount, OrderNonce, PubKey } from '@tidepool/crypto'
import type { BucketState } from '@tidepool/market'
import type { AccountRecord, Reservation } from '../core/account.ts'
import type { Ban } from '../core/ban.ts'
import type { AccountStep } from '../core/accountHistory.ts'
import type { Journal } from '../core/journal.ts'
import type { VerdictRecord } from '../core/orderVerdict.ts'
import type { AuctionRecord, BatchRecord, OrderRecord, RunRecord } from '../core/records.ts'
import type { Silence } from '../core/silence.ts'
import type { StoredOrders } from '../core/storedOrders.ts'
import type { BatchUndo } from '../core/voidBatches.ts'

/** One change of what is stored; a commit takes several, all or none. */
export type Change =
  | { readonly kind: 'auction'; readonly auction: AuctionRecord }
  | { readonly kind: 'reservation'; readonly reservation: Reservation }
  | { readonly kind: 'dropReservation'; readonly traderKey: AccountKey }
  | { readonly kind: 'account'; readonly record: AccountRecord }
  | { readonly kind: 'accountStep'; readonly step: AccountStep }
  | { readonly kind: 'order'; readonly record: OrderRecord }
  | { readonly kind: 'batch'; readonly record: BatchRecord }
  | { readonly kind: 'undo'; readonly undo: BatchUndo }
  | { readonly kind: 'dropUndo'; readonly batchId: BatchId }
  /** An executed order that is open again because its batch never came to be. */
  | { readonly kind: 'reopenedOrder'; readonly record: OrderRecord }
  | { readonly kind: 'run'; readonly run: RunRecord }
  | { readonly kind: 'journal'; readonly journal: Journal }
  | { readonly kind: 'verdict'; readonly record: VerdictRecord }
  /** All of them; replaces what was stored. */
  | { readonly kind: 'durations'; readonly durations: Durations }
  | { readonly kind: 'ban'; readonly ban: Ban }
  | { readonly kind: 'liftBan'; readonly key: PubKey }
  | { readonly kind: 'silence'; readonly silence: Silence }
  | { readonly kind: 'forgiveSilence'; readonly key: AccountKey }

/** Lease durations and the states of their markets. */
export type Durations = ReadonlyMap<BlockCount, BucketState>

/** What is kept in memory besides the open orders: everything but settled batches. */
export interface StoredState {
  readonly auction: AuctionRecord | undefined
  readonly reservations: readonly Reservation[]
  readonly accounts: readonly AccountRecord[]
  /** undefined until the operator changes one. */
  readonly durations: Durations | undefined
  readonly bans: readonly Ban[]
  readonly silences: readonly Silence[]
  /** undefined before the first auction. */
  readonly journal: Journal | undefined
  /** Batches not yet in a block, oldest first. */
  readonly unconfirmedBatches: readonly BatchRecord[]
}

export interface AuctioneerStore {
  load(): Promise<StoredState>
  openOrders(): Promise<StoredOrders>
  /** Oldest first. */
  accountSteps(key: AccountKey): Promise<readonly AccountStep[]>
  order(nonce: OrderNonce): Promise<OrderRecord | undefined>
  /** In the order of the question. */
  ordersBy(nonces: readonly OrderNonce[]): Promise<readonly (OrderRecord | undefined)[]>
  /** Those there are. */
  verdicts(nonces: readonly OrderNonce[]): Promise<readonly VerdictRecord[]>
  /** All orders, or those of one account, in order of arrival, archived ones included. */
  orders(accountKey?: AccountKey): Promise<readonly OrderRecord[]>
  batch(id: BatchId): Promise<BatchRecord | undefined>
  /** What the batch changed, while that is kept. */
  undo(id: BatchId): Promise<BatchUndo | undefined>
  /** Newest first, from the given sequence number down. */
  batches(from: number, limit: number): Promise<readonly BatchRecord[]>
  /** Newest first. */
  runs(limit: number): Promise<readonly RunRecord[]>
  /** Durable before it resolves. */
  commit(changes: readonly Change[]): Promise<void>
}
