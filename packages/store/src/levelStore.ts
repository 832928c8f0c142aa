import type { AbstractLevel, AbstractSublevel } from 'abstract-level'
import { StoreError } from './errors.ts'
import type { KeyRange, Op, RecordCodec, Store, Table } from './store.ts'

type Format = string | Buffer | Uint8Array
/** What an engine has to be: any abstract-level database with text keys and values. */
export type Database = AbstractLevel<Format, string, string>
type Sublevel = AbstractSublevel<Database, Format, string, string>

/** `sync` defaults to false in every engine; nothing but `commit` writes, and it always sets it. */
const DURABLE = { sync: true, keyEncoding: 'utf8', valueEncoding: 'utf8' } as const
const TABLE_NAME = /^[A-Za-z][A-Za-z0-9-]*$/

/** The store over one opened abstract-level database, whichever engine that is. */
export class LevelStore implements Store {
  readonly #db: Database
  readonly #location: string
  readonly #sublevels = new Map<string, Sublevel>()
  #queue: Promise<void> = Promise.resolve()
  #failed = false
  #closing: Promise<void> | undefined

  constructor(db: Database, location: string) {
    this.#db = db
    this.#location = location
  }

  table<V>(name: string, codec: RecordCodec<V>): Table<V> {
    this.#assertOpen()
    const sublevel = this.#sublevel(name)
    return {
      name,
      get: async (key) => {
        this.#assertOpen()
        const text = await sublevel.get(key)
        return text === undefined ? undefined : this.#decode(codec, key, text)
      },
      entries: (range) => this.#entries(sublevel, codec, range),
      put: (key, value) => ({ kind: 'put', table: name, key, text: codec.encode(value) }),
      del: (key) => ({ kind: 'del', table: name, key }),
    }
  }

  async commit(ops: readonly Op[]): Promise<void> {
    this.#assertOpen()
    const batch = lastPerKey(ops).map((op) => {
      const place = { sublevel: this.#sublevel(op.table), key: op.key }
      return op.kind === 'put' ? { type: 'put' as const, ...place, value: op.text } : { type: 'del' as const, ...place }
    })
    const turn = this.#queue.then(async () => {
      if (this.#failed) throw this.#writeFailed()
      if (batch.length > 0) await this.#db.batch(batch, DURABLE)
    })
    this.#queue = turn.catch((error: unknown) => {
      this.#failed = true
      return void error
    })
    try {
      await turn
    } catch (error) {
      throw error instanceof StoreError ? error : this.#writeFailed(error)
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue.then(() => this.#db.close())
    return this.#closing
  }

  async *#entries<V>(sublevel: Sublevel, codec: RecordCodec<V>, range: KeyRange = {}) {
    this.#assertOpen()
    for await (const [key, text] of sublevel.iterator(range)) {
      yield [key, this.#decode(codec, key, text)] as const
    }
  }

  #decode<V>(codec: RecordCodec<V>, key: string, text: string): V {
    try {
      return codec.decode(text)
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'STORE_CORRUPT') throw error
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

/** One op per key, the last one: engines may apply a batch in any order. */
function lastPerKey(ops: readonly Op[]): readonly Op[] {
  return [...new Map(ops.map((op) => [`${op.table}!${op.key}`, op])).values()]
}
