import type { AccountKey, BatchId, OrderNonce } from '@tidepool/crypto'
import type { AccountRecord, Reservation } from '../core/account.ts'
import type { AccountStep } from '../core/accountHistory.ts'
import type { AuctionRecord, BatchRecord, OrderRecord, RunRecord } from '../core/records.ts'

/** One change of what is stored; a commit takes several, all or none. */
export type Change =
  | { readonly kind: 'auction'; readonly auction: AuctionRecord }
  | { readonly kind: 'reservation'; readonly reservation: Reservation }
  | { readonly kind: 'dropReservation'; readonly traderKey: AccountKey }
  | { readonly kind: 'account'; readonly record: AccountRecord }
  | { readonly kind: 'accountStep'; readonly step: AccountStep }
  | { readonly kind: 'order'; readonly record: OrderRecord }
  | { readonly kind: 'batch'; readonly record: BatchRecord }
  | { readonly kind: 'run'; readonly run: RunRecord }

/** What is kept in memory: everything but archived orders and settled batches. */
export interface StoredState {
  readonly auction: AuctionRecord | undefined
  readonly reservations: readonly Reservation[]
  readonly accounts: readonly AccountRecord[]
  readonly openOrders: readonly OrderRecord[]
  /** Batches not yet in a block, oldest first. */
  readonly unconfirmedBatches: readonly BatchRecord[]
}

export interface AuctioneerStore {
  load(): Promise<StoredState>
  /** Oldest first. */
  accountSteps(key: AccountKey): Promise<readonly AccountStep[]>
  order(nonce: OrderNonce): Promise<OrderRecord | undefined>
  /** All orders in order of arrival, archived ones included. */
  orders(): Promise<readonly OrderRecord[]>
  batch(id: BatchId): Promise<BatchRecord | undefined>
  /** Newest first, from the given sequence number down. */
  batches(from: number, limit: number): Promise<readonly BatchRecord[]>
  /** Newest first. */
  runs(limit: number): Promise<readonly RunRecord[]>
  /** Durable before it resolves. */
  commit(changes: readonly Change[]): Promise<void>
}
