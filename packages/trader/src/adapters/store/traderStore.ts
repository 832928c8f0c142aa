import { recordCodec } from '@tidepool/store'
import type { Op, Store, Table } from '@tidepool/store'
import type { AccountKey, BatchId, OrderNonce, Txid } from '@tidepool/crypto'
import type { CoinLease, TraderAccount } from '../../core/account.ts'
import type { BatchRecord, BatchUndo, Leftover, StagedBatch } from '../../core/batch.ts'
import type { OrderRecord } from '../../core/orderRecord.ts'
import type { StoreChange, StoredState, TraderStore } from '../../ports/traderStore.ts'
import { packedCodec } from './packedTransactions.ts'

/** There is at most one staged batch. */
const STAGED_KEY = 'current'

/** History entries sort by the order in which batches became final. */
interface HistoryEntry {
  readonly sequence: number
  readonly record: BatchRecord
}

interface LeaseEntry {
  readonly account: AccountKey
  readonly leases: readonly CoinLease[]
}

/** The daemon's records in tables of the embedded store. */
export class StoreAdapter implements TraderStore {
  readonly #store: Store
  readonly #accounts: Table<TraderAccount>
  readonly #orders: Table<OrderRecord>
  readonly #staged: Table<StagedBatch>
  readonly #leftovers: Table<Leftover>
  readonly #coinLeases: Table<LeaseEntry>
  readonly #batches: Table<HistoryEntry>
  readonly #undos: Table<BatchUndo>
  #nextBatch = 0

  constructor(store: Store) {
    this.#store = store
    this.#accounts = store.table('accounts', packedCodec<TraderAccount>())
    this.#orders = store.table('orders', recordCodec<OrderRecord>({ version: 1 }))
    this.#staged = store.table('staged', packedCodec<StagedBatch>())
    this.#leftovers = store.table('leftovers', packedCodec<Leftover>())
    this.#coinLeases = store.table('coinLeases', recordCodec<LeaseEntry>({ version: 1 }))
    this.#batches = store.table('batches', packedCodec<HistoryEntry>())
    this.#undos = store.table('undos', packedCodec<BatchUndo>())
  }

  async load(): Promise<StoredState> {
    const orders = (await values(this.#orders)).sort((a, b) => a.sequence - b.sequence)
    const batches = (await values(this.#batches)).sort((a, b) => a.sequence - b.sequence)
    this.#nextBatch = (batches.at(-1)?.sequence ?? -1) + 1
    return {
      accounts: new Map(
        (await values(this.#accounts)).map((account): [AccountKey, TraderAccount] => [account.key, account]),
      ),
      orders: new Map(orders.map((record): [OrderNonce, OrderRecord] => [record.order.nonce, record])),
      staged: await this.#staged.get(STAGED_KEY),
      leftovers: new Map((await values(this.#leftovers)).map((one): [Txid, Leftover] => [one.txid, one])),
      coinLeases: new Map(
        (await values(this.#coinLeases)).map((one): [AccountKey, readonly CoinLease[]] => [one.account, one.leases]),
      ),
      batches: new Map(batches.map(({ record }): [BatchId, BatchRecord] => [record.batchId, record])),
      undos: new Map((await values(this.#undos)).map((one): [Txid, BatchUndo] => [one.txid, one])),
    }
  }

  async commit(changes: readonly StoreChange[]): Promise<void> {
    await this.#store.commit(changes.map((change) => this.#op(change)))
  }

  #op(change: StoreChange): Op {
    switch (change.kind) {
      case 'account':
        return this.#accounts.put(change.account.key, change.account)
      case 'order':
        return this.#orders.put(change.record.order.nonce, change.record)
      case 'staged':
        return change.staged === undefined ? this.#staged.del(STAGED_KEY) : this.#staged.put(STAGED_KEY, change.staged)
      case 'leftover':
        return this.#leftovers.put(change.leftover.txid, change.leftover)
      case 'leftoverDone':
        return this.#leftovers.del(change.txid)
      case 'coinLeases': {
        const { account, leases } = change
        return leases.length === 0 ? this.#coinLeases.del(account) : this.#coinLeases.put(account, { account, leases })
      }
      case 'batch':
        return this.#batches.put(change.record.batchId, { sequence: this.#nextBatch++, record: change.record })
      case 'batchVoid':
        return this.#batches.del(change.batchId)
      case 'undo':
        return this.#undos.put(change.undo.txid, change.undo)
      case 'undoDone':
        return this.#undos.del(change.txid)
      default:
        return change satisfies never
    }
  }
}

async function values<V>(table: Table<V>): Promise<V[]> {
  const out: V[] = []
  for await (const [, value] of table.entries()) out.push(value)
  return out
}
