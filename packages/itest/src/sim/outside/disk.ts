import { hash } from 'node:crypto'
import type { KeyRange, Op, RecordCodec, Store, Table } from '@tidepool/store'
import type { Life } from '../kernel/life.ts'
import type { Trace } from '../kernel/trace.ts'

/** What a process has written; outlives it. */
export class Disk {
  readonly #tables = new Map<string, Map<string, string>>()

  table(name: string): Map<string, string> {
    const known = this.#tables.get(name)
    if (known !== undefined) return known
    const table = new Map<string, string>()
    this.#tables.set(name, table)
    return table
  }

  apply(ops: readonly Op[]): void {
    for (const op of ops) {
      if (op.kind === 'put') this.table(op.table).set(op.key, op.text)
      else this.table(op.table).delete(op.key)
    }
  }

  clear(): void {
    this.#tables.clear()
  }

  fork(): Disk {
    const fork = new Disk()
    for (const [name, table] of this.#tables) for (const [key, text] of table) fork.table(name).set(key, text)
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
      get: (key) =>
        Promise.resolve(rows.get(key)).then((text) => (text === undefined ? undefined : codec.decode(text))),
      getMany: (keys) =>
        Promise.resolve(keys.map((key) => rows.get(key))).then((texts) =>
          texts.map((text) => (text === undefined ? undefined : codec.decode(text))),
        ),
      entries: (range) => entries(rows, codec, range),
      pages: (range) => pages(rows, codec, range),
      put: (key, value) => ({ kind: 'put', table: name, key, text: codec.encode(value) }),
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

async function* pages<V>(rows: ReadonlyMap<string, string>, codec: RecordCodec<V>, range?: KeyRange) {
  for await (const [, value] of entries(rows, codec, range)) yield [value]
}

async function* entries<V>(
  rows: ReadonlyMap<string, string>,
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
    const text = rows.get(key)
    if (text !== undefined) yield [key, codec.decode(text)]
  }
}

function digestOf(ops: readonly Op[]): string {
  const text = ops.map((op) => `${op.kind} ${op.key} ${op.kind === 'put' ? op.text : ''}\n`).join('')
  return hash('sha256', text).slice(0, 16)
}
