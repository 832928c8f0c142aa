import type { AbstractGetOptions, AbstractLevel, AbstractSublevel } from 'abstract-level'
import { StoreError } from './errors.ts'
import type { Codec, KeyRange, Op, RecordCodec, Store, Table } from './store.ts'

type Format = string | Buffer | Uint8Array
/** What an engine has to be: any abstract-level database with text keys, and values of either kind. */
export type Database = AbstractLevel<Format, string, string>
type Stored = string | Uint8Array
type Encoding = 'utf8' | 'view'
type Write =
  | {
      readonly type: 'put'
      readonly sublevel: Sublevel
      readonly key: string
      readonly value: Stored
      readonly valueEncoding: Encoding
    }
  | { readonly type: 'del'; readonly sublevel: Sublevel; readonly key: string }
type Sublevel = AbstractSublevel<Database, Format, string, string>

/** `sync` defaults to false in every engine; nothing but `commit` writes, and it always sets it. */
const DURABLE = { sync: true, keyEncoding: 'utf8' } as const
/** How an engine gives what a codec reads. */
type As<S> = Pick<AbstractGetOptions<string, S>, 'valueEncoding'> & { readonly valueEncoding: Encoding }
const AS_TEXT: As<string> = { valueEncoding: 'utf8' }
const AS_BYTES: As<Uint8Array> = { valueEncoding: 'view' }
/** Records read at once by a walk through a table. */
const READ_AHEAD = 1000
const READ_OPTIONS = { highWaterMarkBytes: 1024 * 1024 }
const TABLE_NAME = /^[A-Za-z][A-Za-z0-9-]*$/

/** The store over one opened abstract-level database, whichever engine that is. */
export class LevelStore implements Store {
  readonly #db: Database
  readonly #location: string
  readonly #sublevels = new Map<string, Sublevel>()
  /** Changes of commits that wait for the write under way; they share the next one. */
  #waiting = new Map<string, Write>()
  #queue: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined
  #failed = false
  #closing: Promise<void> | undefined

  constructor(db: Database, location: string) {
    this.#db = db
    this.#location = location
  }

  table<V>(name: string, codec: RecordCodec<V>): Table<V> {
    this.#assertOpen()
    const sublevel = this.#sublevel(name)
    const reads =
      codec.stored === 'text' ? this.#reads(sublevel, codec, AS_TEXT) : this.#reads(sublevel, codec, AS_BYTES)
    return {
      name,
      ...reads,
      put: (key, value) => ({ kind: 'put', table: name, key, value: codec.encode(value) }),
      del: (key) => ({ kind: 'del', table: name, key }),
    }
  }

  #reads<V, S>(sublevel: Sublevel, codec: Codec<V, S>, as: As<S>): Omit<Table<V>, 'name' | 'put' | 'del'> {
    return {
      get: async (key) => {
        this.#assertOpen()
        const stored = await sublevel.get<string, S>(key, as)
        return stored === undefined ? undefined : this.#decode(codec, key, stored)
      },
      getMany: async (keys) => {
        this.#assertOpen()
        const many = await sublevel.getMany<string, S>([...keys], as)
        return many.map((stored, i) => (stored === undefined ? undefined : this.#decode(codec, keys[i] ?? '', stored)))
      },
      entries: (range) => this.#entries(sublevel, codec, as, range),
      pages: (range) => this.#values(sublevel, codec, as, range),
    }
  }

  async commit(ops: readonly Op[]): Promise<void> {
    this.#assertOpen()
    // One write per key, the last one: engines may apply a batch in any order.
    for (const [id, write] of ops.map((op) => this.#writeOf(op))) this.#waiting.set(id, write)
    this.#next ??= this.#writeAfter(this.#queue)
    try {
      await this.#next
    } catch (error) {
      throw error instanceof StoreError ? error : this.#writeFailed(error)
    }
  }

  /** One synchronous write for all commits that came while the one before was under way. */
  #writeAfter(before: Promise<void>): Promise<void> {
    const turn = before.then(async () => {
      const writes = [...this.#waiting.values()]
      this.#waiting = new Map()
      this.#next = undefined
      if (this.#failed) throw this.#writeFailed()
      if (writes.length > 0) await this.#db.batch<string, Stored>(writes, DURABLE)
    })
    this.#queue = turn.catch((error: unknown) => {
      this.#failed = true
      return void error
    })
    return turn
  }

  #writeOf(op: Op): readonly [id: string, write: Write] {
    const place = { sublevel: this.#sublevel(op.table), key: op.key }
    return [`${op.table}!${op.key}`, op.kind === 'put' ? put(place, op.value) : { type: 'del', ...place }]
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue.then(() => this.#db.close())
    return this.#closing
  }

  async *#entries<V, S>(sublevel: Sublevel, codec: Codec<V, S>, as: As<S>, range: KeyRange = {}) {
    this.#assertOpen()
    for await (const some of readAhead(sublevel.iterator<string, S>({ ...range, ...READ_OPTIONS, ...as }))) {
      for (const [key, stored] of some) yield [key, this.#decode(codec, key, stored)] as const
    }
  }

  async *#values<V, S>(sublevel: Sublevel, codec: Codec<V, S>, as: As<S>, range: KeyRange = {}) {
    this.#assertOpen()
    try {
      for await (const some of readAhead(sublevel.values<string, S>({ ...range, ...READ_OPTIONS, ...as }))) {
        yield some.map((stored) => codec.decode(stored))
      }
    } catch (error) {
      // Keys take as long to read as values; which record it is matters only now.
      if (isCorrupt(error)) for await (const entry of this.#entries(sublevel, codec, as, range)) void entry
      throw error
    }
  }

  #decode<V, S>(codec: Codec<V, S>, key: string, stored: S): V {
    try {
      return codec.decode(stored)
    } catch (error) {
      if (!isCorrupt(error)) throw error
      const detail = { code: 'STORE_CORRUPT', location: this.#location, key } as const
      throw new StoreError(detail, `${this.#location}: the record under ${key} cannot be read`, { cause: error })
    }
  }

  #sublevel(name: string): Sublevel {
    const known = this.#sublevels.get(name)
    if (known !== undefined) return known
    if (!TABLE_NAME.test(name)) {
      throw new StoreError({ code: 'TABLE_NAME_INVALID', name }, `${name}: use letters, digits and dashes`)
    }
    const sublevel = this.#db.sublevel(name) as Sublevel
    this.#sublevels.set(name, sublevel)
    return sublevel
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new StoreError({ code: 'STORE_CLOSED' }, 'the store is closed')
  }

  #writeFailed(cause?: unknown): StoreError {
    return new StoreError(
      { code: 'STORE_WRITE_FAILED', location: this.#location },
      `${this.#location}: a write failed; check the disk, then start the daemon again`,
      { cause },
    )
  }
}

const put = (place: { readonly sublevel: Sublevel; readonly key: string }, value: Stored): Write => ({
  type: 'put',
  ...place,
  value,
  valueEncoding: typeof value === 'string' ? 'utf8' : 'view',
})

const isCorrupt = (error: unknown): boolean => error instanceof StoreError && error.code === 'STORE_CORRUPT'

interface Reading<T> {
  nextv(size: number): Promise<T[]>
  close(): Promise<void>
}

/** The next records are read while those before are decoded and used. */
async function* readAhead<T>(iterator: Reading<T>) {
  let coming = iterator.nextv(READ_AHEAD)
  try {
    for (let some = await coming; some.length > 0; some = await coming) {
      coming = iterator.nextv(READ_AHEAD)
      yield some
    }
  } finally {
    await coming.catch(() => undefined)
    await iterator.close()
  }
}
