import { INITIAL_BATCH_KEY } from '@tidepool/crypto'
import type { AccountKey, BatchId, OrderNonce, PubKey } from '@tidepool/crypto'
import { isArchived } from '@tidepool/market'
import type { AccountRecord, Reservation } from '../core/account.ts'
import type { Ban } from '../core/ban.ts'
import { Fingerprints } from '../core/fingerprints.ts'
import type { FingerprintSeed } from '../core/fingerprints.ts'
import { EMPTY_JOURNAL } from '../core/journal.ts'
import type { Journal } from '../core/journal.ts'
import { OpenOrders } from '../core/openOrders.ts'
import type { VerdictRecord } from '../core/orderVerdict.ts'
import { isWaiting } from '../core/records.ts'
import type { AuctionRecord, BatchRecord, OrderRecord } from '../core/records.ts'
import type { Silence } from '../core/silence.ts'
import type { StoredOrders } from '../core/storedOrders.ts'
import type { AuctioneerStore, Change, Durations } from '../ports/store.ts'

const FRESH_AUCTION: AuctionRecord = {
  accountKey: undefined,
  batchKey: INITIAL_BATCH_KEY,
  lastBatchId: undefined,
  batches: 0,
  nextArrival: 1,
  proposals: 0,
  master: undefined,
  bumps: [],
}

/** `before` is the record that was open until now, if there was one. */
export type OrderListener = (before: OrderRecord | undefined, after: OrderRecord) => void

/**
 * What the auctioneer knows now: a copy in memory of the stored state, which changes only after a commit succeeded.
 * Whoever reads, decides and commits does so inside `exclusively`, one at a time.
 */
export class Ledger {
  readonly store: AuctioneerStore
  readonly accounts: ReadonlyMap<AccountKey, AccountRecord>
  readonly reservations: ReadonlyMap<AccountKey, Reservation>
  readonly openOrders: Omit<OpenOrders, 'set' | 'delete'>
  readonly unconfirmedBatches: ReadonlyMap<BatchId, BatchRecord>
  /** Those that are over included. */
  readonly bans: ReadonlyMap<PubKey, Ban>
  /** Those left out no longer included, until they complete a batch. */
  readonly silences: ReadonlyMap<AccountKey, Silence>
  readonly #accounts = new Map<AccountKey, AccountRecord>()
  readonly #reservations = new Map<AccountKey, Reservation>()
  readonly #openOrders: OpenOrders
  readonly #fundingKeys = new Fingerprints(randomSeed())
  readonly #verdicts = new Map<OrderNonce, VerdictRecord>()
  readonly #unconfirmedBatches = new Map<BatchId, BatchRecord>()
  readonly #bans = new Map<PubKey, Ban>()
  readonly #silences = new Map<AccountKey, Silence>()
  #durations: Durations | undefined
  #auction: AuctionRecord = FRESH_AUCTION
  #journal: Journal = EMPTY_JOURNAL
  readonly #orderListeners: OrderListener[] = []
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(store: AuctioneerStore, found: StoredOrders) {
    this.store = store
    this.#openOrders = new OpenOrders(found)
    for (const place of found.places()) this.#fundingKeys.add(found.fundingKeyAt(place))
    for (const { order } of found.others) this.#fundingKeys.add(order.multiSigKey)
    this.accounts = this.#accounts
    this.reservations = this.#reservations
    this.openOrders = this.#openOrders
    this.unconfirmedBatches = this.#unconfirmedBatches
    this.bans = this.#bans
    this.silences = this.#silences
  }

  /** `count` is given the open orders there are. */
  static async open(store: AuctioneerStore, count: (found: StoredOrders) => void = () => {}): Promise<Ledger> {
    const stored = await store.load()
    const found = await store.openOrders()
    count(found)
    const ledger = new Ledger(store, found)
    if (stored.auction !== undefined) ledger.#auction = stored.auction
    if (stored.journal !== undefined) ledger.#journal = stored.journal
    ledger.#durations = stored.durations
    for (const reservation of stored.reservations) ledger.#apply({ kind: 'reservation', reservation })
    for (const ban of stored.bans) ledger.#apply({ kind: 'ban', ban })
    for (const silence of stored.silences) ledger.#apply({ kind: 'silence', silence })
    for (const record of stored.accounts) ledger.#apply({ kind: 'account', record })
    for (const record of stored.unconfirmedBatches) ledger.#apply({ kind: 'batch', record })
    return ledger
  }

  get auction(): AuctionRecord {
    return this.#auction
  }

  get journal(): Journal {
    return this.#journal
  }

  /** undefined until the operator has changed one. */
  get durations(): Durations | undefined {
    return this.#durations
  }

  /** Told of every open order that comes, changes or goes from now on. */
  onOrder(listener: OrderListener): void {
    this.#orderListeners.push(listener)
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
    return this.#openOrders.ofAccount(accountKey)
  }

  numOrdersOf(accountKey: AccountKey): number {
    return this.#openOrders.numOfAccount(accountKey)
  }

  usesFundingKey(key: PubKey): boolean {
    return this.#fundingKeys.has(key)
  }

  /** Read from the store at first use: at the start nobody has asked yet. */
  async verdicts(nonces: readonly OrderNonce[]): Promise<ReadonlyMap<OrderNonce, VerdictRecord>> {
    const unknown = nonces.filter((nonce) => !this.#verdicts.has(nonce))
    const found = new Map<OrderNonce, VerdictRecord>()
    for (const record of await this.store.verdicts(unknown)) found.set(record.nonce, record)
    for (const nonce of nonces) {
      const record = this.#verdicts.get(nonce)
      if (record !== undefined) found.set(nonce, record)
    }
    return found
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
      case 'reopenedOrder':
        this.#changeOrder(change.record)
        break
      case 'verdict':
        if (this.#openOrders.has(change.record.nonce)) this.#verdicts.set(change.record.nonce, change.record)
        break
      case 'durations':
        this.#durations = change.durations
        break
      case 'ban':
        this.#bans.set(change.ban.key, change.ban)
        break
      case 'liftBan':
        this.#bans.delete(change.key)
        break
      case 'silence':
        this.#silences.set(change.silence.key, change.silence)
        break
      case 'forgiveSilence':
        this.#silences.delete(change.key)
        break
      case 'batch':
        if (isWaiting(change.record)) this.#unconfirmedBatches.set(change.record.batchId, change.record)
        else this.#unconfirmedBatches.delete(change.record.batchId)
        break
      case 'journal':
        this.#journal = change.journal
        break
      case 'undo':
      case 'dropUndo':
      case 'accountStep':
      case 'run':
        break
    }
  }

  #changeOrder(record: OrderRecord): void {
    const before = this.#openOrders.get(record.order.nonce)
    this.#applyOrder(record, before)
    for (const listener of this.#orderListeners) listener(before, record)
  }

  #applyOrder(record: OrderRecord, before: OrderRecord | undefined): void {
    const { nonce, multiSigKey } = record.order
    if (!isArchived(record.state)) {
      this.#openOrders.set(record)
      if (before === undefined) this.#fundingKeys.add(multiSigKey)
    } else if (before !== undefined) {
      this.#openOrders.delete(nonce)
      this.#fundingKeys.delete(multiSigKey)
      this.#verdicts.delete(nonce)
    }
  }
}

function randomSeed(): FingerprintSeed {
  const [high = 0, low = 0] = crypto.getRandomValues(new Int32Array(2))
  return [high, low]
}
