import type { AccountKey, BatchId, OrderNonce } from '@tidepool/crypto'
import { isArchived } from '@tidepool/market'
import { recordCodec } from '@tidepool/store'
import type { Op, Store, Table } from '@tidepool/store'
import type { AccountRecord, Reservation } from '../../core/account.ts'
import type { AccountStep } from '../../core/accountHistory.ts'
import type { Ban } from '../../core/ban.ts'
import type { Journal } from '../../core/journal.ts'
import type { VerdictRecord } from '../../core/orderVerdict.ts'
import { isWaiting } from '../../core/records.ts'
import type { AuctionRecord, BatchRecord, OrderRecord, RunRecord } from '../../core/records.ts'
import type { Silence } from '../../core/silence.ts'
import type { StoredOrders } from '../../core/storedOrders.ts'
import type { BatchUndo } from '../../core/voidBatches.ts'
import type { AuctioneerStore, Change, Durations, StoredState } from '../../ports/store.ts'
import { orderCodec, orderReader } from './orderCodec.ts'
import { OrderShelf } from './orderShelf.ts'
import { SharedTransactions } from './sharedTransactions.ts'
import type { AccountRow } from './sharedTransactions.ts'

const AUCTION_KEY = 'auction'
const DURATIONS_KEY = 'durations'
const JOURNAL_KEY = 'journal'

/** Repositories of the auctioneer: one table per kind of record, plus indexes by arrival and by batch number. */
export class TableStore implements AuctioneerStore {
  readonly #store: Store
  readonly #auction: Table<AuctionRecord>
  readonly #reservations: Table<Reservation>
  readonly #accounts: Table<AccountRow>
  readonly #transactions: SharedTransactions
  readonly #accountSteps: Table<AccountStep>
  readonly #orders: Table<OrderRecord>
  /** What is over, so that a start does not read it. */
  readonly #archivedOrders: Table<OrderRecord>
  readonly #verdicts: Table<VerdictRecord>
  readonly #durations: Table<Durations>
  readonly #bans: Table<Ban>
  readonly #silences: Table<Silence>
  readonly #batches: Table<BatchRecord>
  readonly #batchIds: Table<BatchId>
  readonly #undos: Table<BatchUndo>
  readonly #runs: Table<RunRecord>
  readonly #journal: Table<Journal>

  constructor(store: Store) {
    this.#store = store
    this.#auction = store.table(
      'auction',
      recordCodec<AuctionRecord>({ version: 3, migrations: { 1: withMasterTransaction, 2: withBumps } }),
    )
    this.#reservations = store.table('reservation', recordCodec<Reservation>({ version: 1 }))
    this.#accounts = store.table(
      'account',
      recordCodec<AccountRow>({ version: 3, migrations: { 1: withoutChanges, 2: (record) => record } }),
    )
    this.#transactions = new SharedTransactions(store)
    this.#accountSteps = store.table('accountStep', recordCodec<AccountStep>({ version: 1 }))
    this.#orders = store.table('order', orderCodec())
    this.#archivedOrders = store.table('archivedOrder', orderCodec())
    this.#verdicts = store.table('verdict', recordCodec<VerdictRecord>({ version: 1 }))
    this.#durations = store.table('market', recordCodec<Durations>({ version: 1 }))
    this.#bans = store.table('ban', recordCodec<Ban>({ version: 1 }))
    this.#silences = store.table('silence', recordCodec<Silence>({ version: 1 }))
    this.#batches = store.table('batch', recordCodec<BatchRecord>({ version: 1 }))
    this.#batchIds = store.table('batchBySequence', recordCodec<BatchId>({ version: 1 }))
    this.#undos = store.table('batchUndo', recordCodec<BatchUndo>({ version: 1 }))
    this.#journal = store.table('journal', recordCodec<Journal>({ version: 1 }))
    this.#runs = store.table('run', recordCodec<RunRecord>({ version: 1 }))
  }

  async load(): Promise<StoredState> {
    const auction = await this.#auction.get(AUCTION_KEY)
    return {
      auction,
      reservations: await valuesOf(this.#reservations),
      accounts: await this.#transactions.records(await valuesOf(this.#accounts)),
      durations: await this.#durations.get(DURATIONS_KEY),
      bans: await valuesOf(this.#bans),
      silences: await valuesOf(this.#silences),
      journal: await this.#journal.get(JOURNAL_KEY),
      unconfirmedBatches: await this.#unconfirmed(),
    }
  }

  async openOrders(): Promise<StoredOrders> {
    const shelf = new OrderShelf(orderReader())
    const rows = this.#store.table<void>('order', { stored: 'text', encode: () => '', decode: (row) => shelf.add(row) })
    for await (const _page of rows.pages());
    shelf.close()
    return shelf
  }

  async accountSteps(key: AccountKey): Promise<readonly AccountStep[]> {
    const steps: AccountStep[] = []
    for await (const [, step] of this.#accountSteps.entries({
      gte: stepKey(key, 0),
      lt: stepKey(key, 999_999_999_999),
    })) {
      steps.push(step)
    }
    return steps
  }

  order(nonce: OrderNonce): Promise<OrderRecord | undefined> {
    return this.ordersBy([nonce]).then(([record]) => record)
  }

  async ordersBy(nonces: readonly OrderNonce[]): Promise<readonly (OrderRecord | undefined)[]> {
    const open = await this.#orders.getMany(nonces)
    const missing = nonces.filter((_, i) => open[i] === undefined)
    const archived = missing.length === 0 ? [] : await this.#archivedOrders.getMany(missing)
    const found = new Map(missing.map((nonce, i) => [nonce, archived[i]]))
    return nonces.map((nonce, i) => open[i] ?? found.get(nonce))
  }

  async verdicts(nonces: readonly OrderNonce[]): Promise<readonly VerdictRecord[]> {
    if (nonces.length === 0) return []
    return (await this.#verdicts.getMany(nonces)).filter((record) => record !== undefined)
  }

  async orders(accountKey?: AccountKey): Promise<readonly OrderRecord[]> {
    const found: OrderRecord[] = []
    for (const table of [this.#orders, this.#archivedOrders]) {
      for await (const page of table.pages()) {
        for (const record of page) {
          if (accountKey === undefined || record.order.accountKey === accountKey) found.push(record)
        }
      }
    }
    return found.toSorted((a, b) => a.arrival - b.arrival)
  }

  batch(id: BatchId): Promise<BatchRecord | undefined> {
    return this.#batches.get(id)
  }

  undo(id: BatchId): Promise<BatchUndo | undefined> {
    return this.#undos.get(id)
  }

  async batches(from: number, limit: number): Promise<readonly BatchRecord[]> {
    const records: BatchRecord[] = []
    for await (const [, id] of this.#batchIds.entries({ lte: sequenceKey(from), reverse: true, limit })) {
      const record = await this.#batches.get(id)
      if (record !== undefined) records.push(record)
    }
    return records
  }

  async runs(limit: number): Promise<readonly RunRecord[]> {
    const records: RunRecord[] = []
    for await (const [, run] of this.#runs.entries({ reverse: true, limit })) records.push(run)
    return records
  }

  async commit(changes: readonly Change[]): Promise<void> {
    await this.#store.commit(changes.flatMap((change) => this.#ops(change)))
  }

  async #unconfirmed(): Promise<readonly BatchRecord[]> {
    const records = await valuesOf(this.#batches)
    return records.filter(isWaiting).toSorted((a, b) => a.sequence - b.sequence)
  }

  #accountOps(record: AccountRecord): readonly Op[] {
    const { row, ops } = this.#transactions.row(record)
    return [...ops, this.#accounts.put(record.account.key, row)]
  }

  #orderOps(record: OrderRecord): readonly Op[] {
    const { nonce } = record.order
    return isArchived(record.state)
      ? [this.#orders.del(nonce), this.#archivedOrders.put(nonce, record)]
      : [this.#orders.put(nonce, record)]
  }

  #ops(change: Change): readonly Op[] {
    switch (change.kind) {
      case 'auction':
        return [this.#auction.put(AUCTION_KEY, change.auction)]
      case 'reservation':
        return [this.#reservations.put(change.reservation.traderKey, change.reservation)]
      case 'dropReservation':
        return [this.#reservations.del(change.traderKey)]
      case 'account':
        return this.#accountOps(change.record)
      case 'accountStep':
        return [this.#accountSteps.put(stepKey(change.step.accountKey, change.step.sequence), change.step)]
      case 'order':
        return this.#orderOps(change.record)
      case 'verdict':
        return [this.#verdicts.put(change.record.nonce, change.record)]
      case 'durations':
        return [this.#durations.put(DURATIONS_KEY, change.durations)]
      case 'ban':
        return [this.#bans.put(change.ban.key, change.ban)]
      case 'liftBan':
        return [this.#bans.del(change.key)]
      case 'silence':
        return [this.#silences.put(change.silence.key, change.silence)]
      case 'forgiveSilence':
        return [this.#silences.del(change.key)]
      case 'batch': {
        const { batchId, sequence } = change.record
        return [this.#batches.put(batchId, change.record), this.#batchIds.put(sequenceKey(sequence), batchId)]
      }
      case 'undo':
        return [this.#undos.put(change.undo.batchId, change.undo)]
      case 'dropUndo':
        return [this.#undos.del(change.batchId)]
      case 'reopenedOrder':
        return [...this.#orderOps(change.record), this.#archivedOrders.del(change.record.order.nonce)]
      case 'journal':
        return [this.#journal.put(JOURNAL_KEY, change.journal)]
      case 'run':
        return [this.#runs.put(String(change.run.startedAtNs).padStart(20, '0'), change.run)]
    }
  }
}

async function valuesOf<V>(table: Table<V>): Promise<readonly V[]> {
  const values: V[] = []
  for await (const page of table.pages()) for (const value of page) values.push(value)
  return values
}

const sequenceKey = (sequence: number): string => String(sequence).padStart(12, '0')
const stepKey = (key: AccountKey, sequence: number): string => `${key}/${sequenceKey(sequence)}`

/** Before version 2 an account remembered neither signed changes nor what it was before a spend. */
function withoutChanges(record: unknown): unknown {
  return { ...(record as object), changes: [], previous: undefined, steps: 0 }
}

/** Before version 2 nothing but batches and the wallet made the auctioneer's own output. */
function withMasterTransaction(record: unknown): unknown {
  const { master, ...rest } = record as { readonly master: object | undefined }
  return { ...rest, master: master === undefined ? undefined : { ...master, transaction: undefined } }
}

/** Before version 3 nobody bumped fees. */
function withBumps(record: unknown): unknown {
  return { ...(record as object), bumps: [] }
}
