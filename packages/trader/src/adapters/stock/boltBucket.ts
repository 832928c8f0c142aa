import { unreadable } from './errors.ts'

/** Layout of a bbolt file, version 2, little-endian. go.etcd.io/bbolt internal/common/page.go, meta.go, bucket.go */
const PAGE_HEADER = 16
const PAGE = { branch: 0x01, leaf: 0x02, meta: 0x04 } as const
const ELEMENT = 16
const MAGIC = 0xed0cdaed
const VERSION = 2
const META = { magic: 0, version: 4, pageSize: 8, root: 16, pages: 40, txid: 48, checksum: 56, end: 64 } as const
const BUCKET_FLAG = 0x01
const BUCKET_HEADER = 16
/** A meta page begins at 0, the other one after a page, whose size only they tell. */
const PAGE_SIZES = Array.from({ length: 15 }, (_, index) => 1024 << index)

interface Meta {
  readonly pageSize: number
  readonly root: number
  /** Pages that count; what lies behind them is left over. */
  readonly pages: number
  readonly txid: bigint
}

interface Entry {
  readonly key: string
  readonly isBucket: boolean
  readonly value: Uint8Array
}

/**
 * What a bucket at the top of a bbolt file holds, keys as latin1; buckets inside it are left out. Follows the pages from
 * the newer of two meta pages whose checksum is right, and no others: the list of free pages is not needed.
 * @throws TraderError STOCK_MACAROONS_UNREADABLE
 */
export function readBoltBucket(file: Uint8Array, name: string): ReadonlyMap<string, Uint8Array> {
  try {
    const meta = newestMeta(file)
    const top = new Walk(file, meta).below(meta.root)
    const bucket = top.find((entry) => entry.isBucket && entry.key === name)?.value
    if (bucket === undefined) throw unreadable(`there is no bucket ${name}`)
    const root = numberAt(viewOf(bucket), 0)
    const entries = root === 0 ? entriesOf(bucket.subarray(BUCKET_HEADER)) : new Walk(file, meta).below(root)
    return new Map(entries.filter(({ isBucket }) => !isBucket).map(({ key, value }) => [key, value]))
  } catch (error) {
    // A place outside the bytes there are.
    if (error instanceof RangeError) throw unreadable('it ends too early, or points beyond its end', error)
    throw error
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** @throws RangeError for more than any place in a file can be */
function numberAt(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError('a number is too large')
  return Number(value)
}

function part(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (start + length > bytes.length) throw new RangeError('outside')
  return bytes.subarray(start, start + length)
}

function newestMeta(file: Uint8Array): Meta {
  const found = [0, ...PAGE_SIZES].flatMap((at) => metaAt(file, at) ?? [])
  const [newest] = found.toSorted((a, b) => (a.txid > b.txid ? -1 : 1))
  if (newest === undefined) throw unreadable('it is no bbolt file of version 2, or its first pages are damaged')
  return newest
}

/** Undefined where no valid meta page stands. */
function metaAt(file: Uint8Array, at: number): Meta | undefined {
  const bytes = file.subarray(at + PAGE_HEADER, at + PAGE_HEADER + META.end)
  if (bytes.length < META.end) return undefined
  const view = viewOf(bytes)
  if (view.getUint32(META.magic, true) !== MAGIC || view.getUint32(META.version, true) !== VERSION) return undefined
  if (view.getBigUint64(META.checksum, true) !== fnv1a(bytes.subarray(0, META.checksum))) return undefined
  const pageSize = view.getUint32(META.pageSize, true)
  // The first stands at 0, the second where the first ends: a copy elsewhere is a leftover.
  if (at !== 0 && at !== pageSize) return undefined
  return {
    pageSize,
    root: numberAt(view, META.root),
    pages: numberAt(view, META.pages),
    txid: view.getBigUint64(META.txid, true),
  }
}

/** FNV-1a of 64 bits. */
function fnv1a(bytes: Uint8Array): bigint {
  return bytes.reduce((hash, byte) => BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n), 0xcbf29ce484222325n)
}

/** Goes down a tree of pages. Each page is met once; a second time would be a circle. */
class Walk {
  readonly #file: Uint8Array
  readonly #meta: Meta
  readonly #met = new Set<number>()

  constructor(file: Uint8Array, meta: Meta) {
    this.#file = file
    this.#meta = meta
  }

  below(page: number): readonly Entry[] {
    if (page < 2 || page >= this.#meta.pages || this.#met.has(page)) throw unreadable(`page ${page} is out of place`)
    this.#met.add(page)
    const start = page * this.#meta.pageSize
    const header = viewOf(part(this.#file, start, PAGE_HEADER))
    if (numberAt(header, 0) !== page) throw unreadable(`page ${page} is another one`)
    const overflow = header.getUint32(12, true)
    const bytes = part(this.#file, start, (1 + overflow) * this.#meta.pageSize)
    if (header.getUint16(8, true) !== PAGE.branch) return entriesOf(bytes)
    return childrenOf(bytes).flatMap((child) => this.below(child))
  }
}

/** Pages below a branch page. */
function childrenOf(page: Uint8Array): readonly number[] {
  const view = viewOf(page)
  return Array.from({ length: view.getUint16(10, true) }, (_, index) =>
    numberAt(view, PAGE_HEADER + index * ELEMENT + 8),
  )
}

/** Of a leaf page, or of a bucket so small that it holds its page itself. */
function entriesOf(page: Uint8Array): readonly Entry[] {
  const view = viewOf(page)
  if (view.getUint16(8, true) !== PAGE.leaf) throw unreadable('a page is of an unexpected kind')
  return Array.from({ length: view.getUint16(10, true) }, (_, index) => {
    const at = PAGE_HEADER + index * ELEMENT
    const [flags = 0, position = 0, keySize = 0, valueSize = 0] = [0, 4, 8, 12].map((each) =>
      view.getUint32(at + each, true),
    )
    const key = part(page, at + position, keySize)
    const value = part(page, at + position + keySize, valueSize)
    return { key: Buffer.from(key).toString('latin1'), isBucket: (flags & BUCKET_FLAG) !== 0, value }
  })
}
