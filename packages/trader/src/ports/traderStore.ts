import type { AccountKey, BatchId, OrderNonce, Txid } from '@tidepool/crypto'
import type { CoinLease, TraderAccount } from '../core/account.ts'
import type { BatchRecord, BatchUndo, Leftover, StagedBatch } from '../core/batch.ts'
import type { OrderRecord } from '../core/orderRecord.ts'

/** One change of the store; `commit` makes any number of them durable together. */
export type StoreChange =
  | { readonly kind: 'account'; readonly account: TraderAccount }
  | { readonly kind: 'order'; readonly record: OrderRecord }
  | { readonly kind: 'staged'; readonly staged: StagedBatch | undefined }
  | { readonly kind: 'leftover'; readonly leftover: Leftover }
  | { readonly kind: 'leftoverDone'; readonly txid: Txid }
  /** Coins kept for a change of the account that is being made; none when it is done. */
  | { readonly kind: 'coinLeases'; readonly account: AccountKey; readonly leases: readonly CoinLease[] }
  | { readonly kind: 'batch'; readonly record: BatchRecord }
  /** A batch that never came to be leaves the history. */
  | { readonly kind: 'batchVoid'; readonly batchId: BatchId }
  | { readonly kind: 'undo'; readonly undo: BatchUndo }
  | { readonly kind: 'undoDone'; readonly txid: Txid }

/** Everything stored, read once at start; the daemon keeps it in memory and writes through. */
export interface StoredState {
  readonly accounts: ReadonlyMap<AccountKey, TraderAccount>
  readonly orders: ReadonlyMap<OrderNonce, OrderRecord>
  readonly staged: StagedBatch | undefined
  readonly leftovers: ReadonlyMap<Txid, Leftover>
  readonly coinLeases: ReadonlyMap<AccountKey, readonly CoinLease[]>
  /** Oldest first. */
  readonly batches: ReadonlyMap<BatchId, BatchRecord>
  /** Of batches that may still be undone. */
  readonly undos: ReadonlyMap<Txid, BatchUndo>
}

export interface TraderStore {
  load(): Promise<StoredState>
  /** Atomic and durable before it resolves. */
  commit(changes: readonly StoreChange[]): Promise<void>
}
