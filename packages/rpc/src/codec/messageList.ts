import { CodecError } from './errors.ts'
import { passDelimited, readerOf } from './wireReader.ts'
import type { WireReader } from './wireReader.ts'

/**
 * Repeated messages that are decoded when they are asked for: some are thousands, and their reader needs no objects of
 * them. That one of them is malformed shows only then.
 */
export class MessageList<T> implements Iterable<T> {
  readonly #message: string
  readonly #reader: WireReader
  readonly #decode: (reader: WireReader) => T
  /** Where each one begins and ends. */
  readonly #places: number[] = []

  /** Of messages of this type, in what the reader reads. */
  constructor(message: string, reader: WireReader, decode: (reader: WireReader) => T) {
    this.#message = message
    this.#reader = readerOf(reader.buf)
    this.#decode = decode
  }

  get length(): number {
    return this.#places.length / 2
  }

  /** Bytes of all of them. */
  get size(): number {
    return this.#places.reduce((sum, place, i) => (i % 2 === 0 ? sum - place : sum + place), 0)
  }

  /** @throws CodecError MALFORMED_MESSAGE */
  [Symbol.iterator](): IterableIterator<T> {
    const items: T[] = []
    this.read((reader) => items.push(this.#decode(reader)))
    return items.values()
  }

  /** Hands out each one's bytes, from `pos` to `len`, one after the other. @throws CodecError MALFORMED_MESSAGE */
  read(read: (reader: WireReader) => void): void {
    for (let i = 0; i < this.#places.length; i += 2) {
      this.#reader.pos = this.#places[i] ?? 0
      this.#reader.len = this.#places[i + 1] ?? 0
      this.#one(read)
    }
  }

  #one(read: (reader: WireReader) => void): void {
    try {
      read(this.#reader)
    } catch (cause) {
      const message = this.#message
      throw new CodecError({ code: 'MALFORMED_MESSAGE', message }, `received bytes are no ${message}`, { cause })
    }
  }

  /** What the other reader, of the same bytes, passes over. */
  add(other: WireReader): void {
    this.#places.push(passDelimited(other), other.pos)
  }
}
