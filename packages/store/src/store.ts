/** A value to what is stored and back; what is stored names the version of its schema. */
export interface Codec<V, S> {
  encode(value: V): S
  /** @throws StoreError RECORD_VERSION_UNKNOWN, STORE_CORRUPT */
  decode(stored: S): V
}

/** Records as text, see `recordCodec`. */
export interface TextCodec<V> extends Codec<V, string> {
  readonly stored: 'text'
}

/**
 * Records as bytes, which are given away: neither who encodes nor who decodes writes into them. Records that were text
 * are read as their UTF-8.
 */
export interface BytesCodec<V> extends Codec<V, Uint8Array> {
  readonly stored: 'bytes'
}

export type RecordCodec<V> = TextCodec<V> | BytesCodec<V>

/** Bounds on keys, which sort by their UTF-8 bytes. */
export interface KeyRange {
  readonly gte?: string
  readonly gt?: string
  readonly lte?: string
  readonly lt?: string
  readonly reverse?: boolean
  readonly limit?: number
}

/** One change, made by a table and carried out by `commit`. The value is encoded when the op is made. */
export type Op =
  | { readonly kind: 'put'; readonly table: string; readonly key: string; readonly value: string | Uint8Array }
  | { readonly kind: 'del'; readonly table: string; readonly key: string }

export interface Table<V> {
  readonly name: string
  get(key: string): Promise<V | undefined>
  /** In the order of the keys. */
  getMany(keys: readonly string[]): Promise<readonly (V | undefined)[]>
  /** In key order, as of the moment iteration begins; later commits do not show. */
  entries(range?: KeyRange): AsyncIterable<readonly [string, V]>
  /** The same values some at a time, which is faster where there are very many. */
  pages(range?: KeyRange): AsyncIterable<readonly V[]>
  put(key: string, value: V): Op
  del(key: string): Op
}

/**
 * What the daemons keep on disk. Reads see every commit that has resolved. There is one writer: commits run in
 * the order of the calls, and those that wait for the same write share one.
 */
export interface Store {
  table<V>(name: string, codec: RecordCodec<V>): Table<V>
  /**
   * All ops or none, durable before it resolves. Of several ops on one key the last one counts.
   * @throws StoreError STORE_CLOSED, STORE_WRITE_FAILED
   */
  commit(ops: readonly Op[]): Promise<void>
  /** Lets running commits end. Calling it again does nothing. */
  close(): Promise<void>
}
