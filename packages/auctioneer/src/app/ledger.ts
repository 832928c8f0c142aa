import { INITIAL_BATCH_KEY } from '@tidepool/crypto'
import type { AccountKey, BatchId, OrderNonce } from '@tidepool/crypto'
import { isArchived } from '@tidepool/market'
import type { AccountRecord, Reservation } from '../core/account.ts'
import type { AuctionRecord, BatchRecord, OrderRecord } from '../core/records.ts'
import type { AuctioneerStore, Change } from '../ports/store.ts'

const FRESH_AUCTION: AuctionRecord = {
  accountKey: undefined,
  batchKey: INITIAL_BATCH_KEY,
  lastBatchId: undefined,
  batches: 0,
  nextArrival: 1,
  proposals: 0,
  master: undefined,
}

/**
 * What the auctioneer knows now: a copy in memory of the stored state, which changes only after a commit succeeded.
 * Whoever reads, decides and commits does so inside `exclusively`, one at a time.
 */
export class Ledger {
  readonly store: AuctioneerStore
  readonly accounts: ReadonlyMap<AccountKey, AccountRecord>
  readonly reservations: ReadonlyMap<AccountKey, Reservation>
  readonly openOrders: ReadonlyMap<OrderNonce, OrderRecord>
  readonly unconfirmedBatches: ReadonlyMap<BatchId, BatchRecord>
  readonly #accounts = new Map<AccountKey, AccountRecord>()
  readonly #reservations = new Map<AccountKey, Reservation>()
  readonly #openOrders = new Map<OrderNonce, OrderRecord>()
  readonly #unconfirmedBatches = new Map<BatchId, BatchRecord>()
  #auction: AuctionRecord = FRESH_AUCTION
  #tail: Promise<unknown> = Promise.resolve()

  constructor(store: AuctioneerStore) {
    this.store = store
    this.accounts = this.#accounts
    this.reservations = this.#reservations
    this.openOrders = this.#openOrders
    this.unconfirmedBatches = this.#unconfirmedBatches
  }

  static async open(store: AuctioneerStore): Promise<Ledger> {
    const ledger = new Ledger(store)
    const stored = await store.load()
    if (stored.auction !== undefined) ledger.#auction = stored.auction
    for (const reservation of stored.reservations) ledger.#apply({ kind: 'reservation', reservation })
    for (const record of stored.accounts) ledger.#apply({ kind: 'account', record })
    for (const record of stored.openOrders) ledger.#apply({ kind: 'order', record })
    for (const record of stored.unconfirmedBatches) ledger.#apply({ kind: 'batch', record })
    return ledger
  }

  get auction(): AuctionRecord {
    return this.#auction
  }

  /** Runs after everything asked for before has ended. Must not be nested. */
  exclusively<T>(run: () => Promise<T> | T): Promise<T> {
    const result = this.#tail.then(run)
    this.#tail = result.catch(() => undefined)
    return result
  }

  /** Durable first, then visible. */
  async commit(changes: readonly Change[]): Promise<void> {
    await this.store.commit(changes)
    for (const change of changes) this.#apply(change)
  }

  ordersOf(accountKey: AccountKey): readonly OrderRecord[] {
    return [...this.#openOrders.values()].filter((record) => record.order.accountKey === accountKey)
  }

  #apply(change: Change): void {
    switch (change.kind) {
      case 'auction':
        this.#auction = change.auction
        break
      case 'reservation':
        this.#reservations.set(change.reservation.traderKey, change.reservation)
        break
      case 'dropReservation':
        this.#reservations.delete(change.traderKey)
        break
      case 'account':
        this.#accounts.set(change.record.account.key, change.record)
        break
      case 'order':
        if (isArchived(change.record.state)) this.#openOrders.delete(change.record.order.nonce)
        else this.#openOrders.set(change.record.order.nonce, change.record)
        break
      case 'batch':
        if (change.record.state === 'confirmed') this.#unconfirmedBatches.delete(change.record.batchId)
        else this.#unconfirmedBatches.set(change.record.batchId, change.record)
        break
      case 'accountStep':
      case 'run':
        break
    }
  }
}
