import { StoreError } from '@tidepool/store'

/** Ends the head, which is JSON and has no such byte. */
const NEWLINE = 10
/** Stands between the head and the parts; of text no line begins with it. */
const MARK = 0
/** Bytes of a length, which stands in front of each part. */
const LENGTH = 4

/** A record as it is stored: JSON, and what is serialised and named there by its number, from 1. */
export interface RecordParts {
  readonly head: string
  readonly parts: readonly Uint8Array[]
}

/** What is serialised and belongs to a record. */
export class PartsWriter {
  readonly #parts: { readonly pieces: readonly Uint8Array[]; readonly size: number }[] = []

  /** The number of the part that these make one after the other. */
  add(pieces: readonly Uint8Array[]): number {
    return this.#parts.push({ pieces, size: pieces.reduce((sum, { length }) => sum + length, 0) })
  }

  /** The head and all parts, in memory that is allocated once. */
  after(head: string): Uint8Array {
    if (this.#parts.length === 0) return Buffer.from(head)
    const headSize = Buffer.byteLength(head)
    const out = Buffer.allocUnsafe(this.#parts.reduce((sum, { size }) => sum + LENGTH + size, headSize + 2))
    out.write(head)
    let at = out.writeUInt8(MARK, out.writeUInt8(NEWLINE, headSize))
    for (const { pieces, size } of this.#parts) {
      at = out.writeUInt32LE(size, at)
      for (const piece of pieces) {
        out.set(piece, at)
        at += piece.length
      }
    }
    return out
  }
}

/**
 * What `after` put together; its parts are views of the bytes. Before version 5 the parts were lines of base64.
 * @throws StoreError STORE_CORRUPT
 */
export function readParts(bytes: Uint8Array): RecordParts {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = record.indexOf(NEWLINE)
  if (end < 0) return { head: record.toString(), parts: [] }
  const head = record.toString('utf8', 0, end)
  const rest = record.subarray(end + 1)
  return { head, parts: rest[0] === MARK ? cut(rest.subarray(1)) : rest.toString().split('\n').map(fromBase64) }
}

function cut(bytes: Buffer): readonly Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const from = at + LENGTH
    if (from > bytes.length) throw corrupt()
    at = from + bytes.readUInt32LE(from - LENGTH)
    if (at > bytes.length) throw corrupt()
    parts.push(bytes.subarray(from, at))
  }
  return parts
}

export const fromBase64 = (text: string): Uint8Array => Buffer.from(text, 'base64')

const corrupt = (): StoreError =>
  new StoreError({ code: 'STORE_CORRUPT', location: 'record' }, 'a stored record cannot be read')
