import { sha256, toHex } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { StoreError, recordCodec } from '@tidepool/store'
import type { Op, Store, Table } from '@tidepool/store'
import type { AccountRecord, PreviousAccount } from '../../core/account.ts'

/** Names a stored transaction: SHA-256 of its bytes, in hex. */
interface TransactionRef {
  readonly stored: string
}

type Kept = Uint8Array | TransactionRef | undefined

/** As it is stored: transactions stand in a table of their own. Before version 3 they stood in every record. */
export type AccountRow = Omit<AccountRecord, 'latestTx' | 'previous'> & {
  readonly latestTx: Kept
  readonly previous: (Omit<PreviousAccount, 'latestTx'> & { readonly latestTx: Kept }) | undefined
}

/**
 * The latest transactions of accounts, each stored once: those of a batch have one in common, as long as all of them
 * together (ADR-0092). One that no account has any more is deleted.
 */
export class SharedTransactions {
  readonly #table: Table<Uint8Array>
  readonly #of = new Map<AccountKey, readonly string[]>()
  readonly #users = new Map<string, number>()
  /** Hashing the same bytes for every account of a batch would take longer than storing them. */
  readonly #names = new WeakMap<Uint8Array, string>()

  constructor(store: Store) {
    this.#table = store.table('transaction', recordCodec<Uint8Array>({ version: 1 }))
  }

  /** Stores what is new in the account's record, deletes what nobody has any more. */
  row(record: AccountRecord): { readonly row: AccountRow; readonly ops: readonly Op[] } {
    const { latestTx, previous } = record
    const transactions = [latestTx, previous?.latestTx].flatMap((bytes) => bytes ?? [])
    const ops = this.#changed(record.account.key, transactions)
    const row = {
      ...record,
      latestTx: this.#ref(latestTx),
      previous: previous && { ...previous, latestTx: this.#ref(previous.latestTx) },
    }
    return { row, ops }
  }

  /** The records as they were, those of one transaction with the same bytes. @throws StoreError STORE_CORRUPT */
  async records(rows: readonly AccountRow[]): Promise<readonly AccountRecord[]> {
    const names = [...new Set(rows.flatMap(refsIn))]
    const found = new Map((await this.#table.getMany(names)).map((bytes, i) => [names[i] ?? '', bytes]))
    const bytesOf = (kept: Kept): Uint8Array | undefined => {
      if (kept === undefined || kept instanceof Uint8Array) return kept
      const bytes = found.get(kept.stored)
      if (bytes === undefined) {
        const detail = { code: 'STORE_CORRUPT', location: 'transaction', key: kept.stored } as const
        throw new StoreError(detail, `the transaction ${kept.stored} of an account is not in the store`)
      }
      return bytes
    }
    return rows.map((row) => {
      this.#count(row.account.key, refsIn(row))
      const { latestTx, previous } = row
      return {
        ...row,
        latestTx: bytesOf(latestTx),
        previous: previous && { ...previous, latestTx: bytesOf(previous.latestTx) },
      }
    })
  }

  #changed(key: AccountKey, transactions: readonly Uint8Array[]): readonly Op[] {
    const ops = transactions
      .filter((bytes) => !this.#users.has(this.#nameOf(bytes)))
      .map((bytes) => this.#table.put(this.#nameOf(bytes), bytes))
    const gone = this.#count(
      key,
      transactions.map((bytes) => this.#nameOf(bytes)),
    )
    return [...ops, ...gone.map((name) => this.#table.del(name))]
  }

  /** Whose they are from now on; tells which are nobody's any more. */
  #count(key: AccountKey, names: readonly string[]): readonly string[] {
    const before = this.#of.get(key) ?? []
    this.#of.set(key, names)
    for (const name of names) this.#users.set(name, (this.#users.get(name) ?? 0) + 1)
    return before.filter((name) => {
      const left = (this.#users.get(name) ?? 1) - 1
      if (left > 0) this.#users.set(name, left)
      else this.#users.delete(name)
      return left === 0
    })
  }

  #ref(bytes: Uint8Array | undefined): TransactionRef | undefined {
    return bytes && { stored: this.#nameOf(bytes) }
  }

  #nameOf(bytes: Uint8Array): string {
    const known = this.#names.get(bytes)
    if (known !== undefined) return known
    const name = toHex(sha256(bytes))
    this.#names.set(bytes, name)
    return name
  }
}

const refsIn = ({ latestTx, previous }: AccountRow): readonly string[] =>
  [latestTx, previous?.latestTx].flatMap((kept) =>
    kept === undefined || kept instanceof Uint8Array ? [] : [kept.stored],
  )
