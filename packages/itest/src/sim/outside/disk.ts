import { createHash } from 'node:crypto'
import type { KeyRange, Op, RecordCodec, Store, Table } from '@tidepool/store'
import type { Life } from '../kernel/life.ts'
import type { Trace } from '../kernel/trace.ts'

type Stored = string | Uint8Array
type Rows = Map<string, Stored>

/** What a process has written; outlives it. */
export class Disk {
  readonly #tables = new Map<string, Rows>()

  table(name: string): Rows {
    const known = this.#tables.get(name)
    if (known !== undefined) return known
    const table: Rows = new Map()
    this.#tables.set(name, table)
    return table
  }

  apply(ops: readonly Op[]): void {
    for (const op of ops) {
      if (op.kind === 'put') this.table(op.table).set(op.key, op.value)
      else this.table(op.table).delete(op.key)
    }
  }

  clear(): void {
    this.#tables.clear()
  }

  fork(): Disk {
    const fork = new Disk()
    for (const [name, table] of this.#tables) for (const [key, stored] of table) fork.table(name).set(key, stored)
    return fork
  }
}

/** The store of one process run: a commit is one call outside, so a kill falls before or after all of it. */
export class DiskStore implements Store {
  readonly #disk: Disk
  readonly #life: Life
  readonly #trace: Trace

  constructor(disk: Disk, life: Life, trace: Trace) {
    this.#disk = disk
    this.#life = life
    this.#trace = trace
  }

  table<V>(name: string, codec: RecordCodec<V>): Table<V> {
    const rows = this.#disk.table(name)
    return {
      name,
      get: (key) => Promise.resolve(rows.get(key)).then((stored) => decoded(codec, stored)),
      getMany: (keys) =>
        Promise.resolve(keys.map((key) => rows.get(key))).then((many) => many.map((stored) => decoded(codec, stored))),
      entries: (range) => entries(rows, codec, range),
      pages: (range) => pages(rows, codec, range),
      put: (key, value) => ({ kind: 'put', table: name, key, value: codec.encode(value) }),
      del: (key) => ({ kind: 'del', table: name, key }),
    }
  }

  commit(ops: readonly Op[]): Promise<void> {
    const tables = [...new Set(ops.map((op) => op.table))].join(' ')
    const write = (): void => {
      this.#disk.apply(ops)
      this.#trace.add(`${this.#life.name} wrote ${tables} ${digestOf(ops)}`)
    }
    return this.#life.call(`commit ${tables}`, write, 'store')
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

async function* pages<V>(rows: Rows, codec: RecordCodec<V>, range?: KeyRange) {
  for await (const [, value] of entries(rows, codec, range)) yield [value]
}

async function* entries<V>(
  rows: Rows,
  codec: RecordCodec<V>,
  range: KeyRange = {},
): AsyncGenerator<readonly [string, V]> {
  const { gte, gt, lte, lt, reverse, limit } = range
  const keys = [...rows.keys()]
    .filter((key) => (gte === undefined || key >= gte) && (gt === undefined || key > gt))
    .filter((key) => (lte === undefined || key <= lte) && (lt === undefined || key < lt))
    .toSorted()
  const ordered = reverse === true ? keys.toReversed() : keys
  for (const key of ordered.slice(0, limit)) {
    const value = decoded(codec, rows.get(key))
    if (value !== undefined) yield [key, value]
  }
}

/** As an engine gives it: what was written as text may be read as bytes, and the other way round. */
function decoded<V>(codec: RecordCodec<V>, stored: Stored | undefined): V | undefined {
  if (stored === undefined) return undefined
  if (codec.stored === 'bytes') return codec.decode(typeof stored === 'string' ? Buffer.from(stored) : stored)
  return codec.decode(typeof stored === 'string' ? stored : Buffer.from(stored).toString())
}

function digestOf(ops: readonly Op[]): string {
  const digest = createHash('sha256')
  for (const op of ops) {
    digest.update(`${op.kind} ${op.key} `)
    if (op.kind === 'put') digest.update(op.value)
    digest.update('\n')
  }
  return digest.digest('hex').slice(0, 16)
}
