import { decodeTx } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import { TraderError } from '../errors.ts'

const HEADER_SIZE = 80

/** Transactions of a block in which one of the byte strings occurs, in order, without the rest of it; the others are not decoded. */
export function transactionsWith(rawBlock: Uint8Array, needles: readonly Uint8Array[]): readonly Transaction[] {
  if (!needles.some((needle) => indexOf(rawBlock, needle, HEADER_SIZE) >= 0)) return []
  const out: Transaction[] = []
  for (const raw of transactionsOf(rawBlock)) {
    if (needles.some((needle) => indexOf(raw, needle, 0) >= 0)) out.push(decodeTx(raw.slice()))
  }
  return out
}

/** Each transaction's bytes. @throws TraderError BLOCK_UNREADABLE */
export function* transactionsOf(rawBlock: Uint8Array): Generator<Uint8Array, void, undefined> {
  const reader = new Reader(rawBlock, HEADER_SIZE)
  const count = reader.count()
  for (let i = 0; i < count; i++) {
    const from = reader.at
    skipTransaction(reader)
    yield rawBlock.subarray(from, reader.at)
  }
  if (reader.at !== rawBlock.length) throw unreadable('bytes after the last transaction')
}

/** BIP-144. */
function skipTransaction(reader: Reader): void {
  reader.skip(4)
  const segwit = reader.byte(reader.at) === 0
  if (segwit) reader.skip(2)
  const inputs = reader.count()
  for (let i = 0; i < inputs; i++) {
    reader.skip(36)
    reader.skip(reader.count())
    reader.skip(4)
  }
  const outputs = reader.count()
  for (let i = 0; i < outputs; i++) {
    reader.skip(8)
    reader.skip(reader.count())
  }
  if (segwit) {
    for (let i = 0; i < inputs; i++) {
      const elements = reader.count()
      for (let e = 0; e < elements; e++) reader.skip(reader.count())
    }
  }
  reader.skip(4)
}

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
  }

  byte(at: number): number {
    const byte = this.#bytes[at]
    if (byte === undefined) throw unreadable('cut off')
    return byte
  }

  skip(length: number): void {
    this.at += length
    if (this.at > this.#bytes.length) throw unreadable('cut off')
  }

  count(): number {
    const first = this.byte(this.at)
    const size = first < 0xfd ? 1 : first === 0xfd ? 3 : first === 0xfe ? 5 : 9
    const from = this.at
    this.skip(size)
    if (size === 1) return first
    if (size === 3) return this.#view.getUint16(from + 1, true)
    if (size === 5) return this.#view.getUint32(from + 1, true)
    throw unreadable('a count too large')
  }
}

/** Where the needle begins, or -1. */
function indexOf(bytes: Uint8Array, needle: Uint8Array, from: number): number {
  const first = needle[0]
  if (first === undefined) return -1
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (needle.every((byte, i) => bytes[at + i] === byte)) return at
  }
  return -1
}

function unreadable(reason: string): TraderError {
  return new TraderError({ code: 'BLOCK_UNREADABLE', reason }, `the chain backend sent no readable block: ${reason}`)
}
