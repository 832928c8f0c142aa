import { StoreError } from '@tidepool/store'

/** What the bytes of a record begin with; no text does. */
const MARK = 0
/** Bytes of a length, which stands in front of the head and of each part. */
const LENGTH = 4

/** Whether they are a record's head and parts. Records of before are text. */
export const hasParts = (bytes: Uint8Array): boolean => bytes[0] === MARK

/** What is serialised and belongs to a record: it stands after the record's head, which names it by its number. */
export class PartsWriter {
  readonly #parts: { readonly pieces: readonly Uint8Array[]; readonly size: number }[] = []

  /** The number of the part that these make one after the other. */
  add(pieces: readonly Uint8Array[]): number {
    return this.#parts.push({ pieces, size: pieces.reduce((sum, { length }) => sum + length, 0) })
  }

  /** The head and all parts, in memory that is allocated once. */
  after(head: string): Uint8Array {
    const headSize = Buffer.byteLength(head)
    const out = Buffer.allocUnsafe(this.#parts.reduce((sum, { size }) => sum + LENGTH + size, 1 + LENGTH + headSize))
    let at = out.writeUInt32LE(headSize, out.writeUInt8(MARK, 0))
    at += out.write(head, at)
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

/** What `after` put together; the parts are views of the bytes. @throws StoreError STORE_CORRUPT */
export function readParts(bytes: Uint8Array): { readonly head: string; readonly parts: readonly Uint8Array[] } {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: Buffer[] = []
  for (let at = 1; at < record.length;) {
    const from = at + LENGTH
    if (from > record.length) throw corrupt()
    at = from + record.readUInt32LE(from - LENGTH)
    if (at > record.length) throw corrupt()
    found.push(record.subarray(from, at))
  }
  const [head, ...parts] = found
  if (head === undefined) throw corrupt()
  return { head: head.toString(), parts }
}

const corrupt = (): StoreError =>
  new StoreError({ code: 'STORE_CORRUPT', location: 'record' }, 'a stored record cannot be read')
