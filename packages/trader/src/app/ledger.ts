import type { AccountKey, BatchId, OrderNonce, Txid } from '@tidepool/crypto'
import type { CoinLease, TraderAccount } from '../core/account.ts'
import type { BatchRecord, BatchUndo, Leftover, StagedBatch } from '../core/batch.ts'
import type { OrderRecord } from '../core/orderRecord.ts'
import type { StoreChange, StoredState, TraderStore } from '../ports/traderStore.ts'

/** What an update decided: changes to make durable, and what to tell the caller. */
export interface Decision<T> {
  readonly changes: readonly StoreChange[]
  readonly result: T
}

/**
 * The daemon's records in memory, written through: a change shows only after it is durable. Updates run one after
 * another, each seeing the outcome of the one before.
 */
export class Ledger {
  readonly #store: TraderStore
  readonly #accounts: Map<AccountKey, TraderAccount>
  readonly #orders: Map<OrderNonce, OrderRecord>
  readonly #leftovers: Map<Txid, Leftover>
  readonly #coinLeases: Map<AccountKey, readonly CoinLease[]>
  readonly #batches: Map<BatchId, BatchRecord>
  readonly #undos: Map<Txid, BatchUndo>
  #staged: StagedBatch | undefined
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(store: TraderStore, state: StoredState) {
    this.#store = store
    this.#accounts = new Map(state.accounts)
    this.#orders = new Map(state.orders)
    this.#leftovers = new Map(state.leftovers)
    this.#coinLeases = new Map(state.coinLeases)
    this.#batches = new Map(state.batches)
    this.#undos = new Map(state.undos)
    this.#staged = state.staged
  }

  static async open(store: TraderStore): Promise<Ledger> {
    return new Ledger(store, await store.load())
  }

  get accounts(): ReadonlyMap<AccountKey, TraderAccount> {
    return this.#accounts
  }

  get orders(): ReadonlyMap<OrderNonce, OrderRecord> {
    return this.#orders
  }

  get leftovers(): ReadonlyMap<Txid, Leftover> {
    return this.#leftovers
  }

  get coinLeases(): ReadonlyMap<AccountKey, readonly CoinLease[]> {
    return this.#coinLeases
  }

  /** Oldest first. */
  get batches(): ReadonlyMap<BatchId, BatchRecord> {
    return this.#batches
  }

  /** What batches changed that may still be undone. */
  get undos(): ReadonlyMap<Txid, BatchUndo> {
    return this.#undos
  }

  get staged(): StagedBatch | undefined {
    return this.#staged
  }

  /** Decides on the newest state and makes the decision durable, before the next update begins. */
  update<T>(decide: () => Decision<T>): Promise<T> {
    const run = async (): Promise<T> => {
      const { changes, result } = decide()
      if (changes.length > 0) await this.#store.commit(changes)
      for (const change of changes) this.#apply(change)
      return result
    }
    const outcome = this.#tail.then(run)
    this.#tail = outcome.catch(() => undefined)
    return outcome
  }

  commit(...changes: readonly StoreChange[]): Promise<void> {
    return this.update(() => ({ changes, result: undefined }))
  }

  #apply(change: StoreChange): void {
    switch (change.kind) {
      case 'account':
        this.#accounts.set(change.account.key, change.account)
        return
      case 'order':
        this.#orders.set(change.record.order.nonce, change.record)
        return
      case 'staged':
        this.#staged = change.staged
        return
      case 'leftover':
        this.#leftovers.set(change.leftover.txid, change.leftover)
        return
      case 'leftoverDone':
        this.#leftovers.delete(change.txid)
        return
      case 'coinLeases':
        if (change.leases.length === 0) this.#coinLeases.delete(change.account)
        else this.#coinLeases.set(change.account, change.leases)
        return
      case 'batch':
        this.#batches.set(change.record.batchId, change.record)
        return
      case 'batchVoid':
        this.#batches.delete(change.batchId)
        return
      case 'undo':
        this.#undos.set(change.undo.txid, change.undo)
        return
      case 'undoDone':
        this.#undos.delete(change.txid)
        return
    }
  }
}
