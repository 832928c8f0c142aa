import { passDelimited, readerOf } from './wireReader.ts'
import type { WireReader } from './wireReader.ts'

/**
 * Repeated messages that are decoded when they are asked for: some are thousands, and their reader needs no objects of
 * them. That one of them is malformed shows only then.
 */
export class MessageList<T> implements Iterable<T> {
  readonly #reader: WireReader
  readonly #decode: (reader: WireReader) => T
  /** Where each one begins and ends. */
  readonly #places: number[] = []

  constructor(reader: WireReader, decode: (reader: WireReader) => T) {
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

  /** Throws for a malformed one. */
  [Symbol.iterator](): IterableIterator<T> {
    const items: T[] = []
    this.read((reader) => items.push(this.#decode(reader)))
    return items.values()
  }

  /** Hands out each one's bytes, from `pos` to `len`, one after the other. Throws for a malformed one. */
  read(read: (reader: WireReader) => void): void {
    for (let i = 0; i < this.#places.length; i += 2) {
      this.#reader.pos = this.#places[i] ?? 0
      this.#reader.len = this.#places[i + 1] ?? 0
      read(this.#reader)
    }
  }

  /** What the other reader, of the same bytes, passes over. */
  add(other: WireReader): void {
    this.#places.push(passDelimited(other), other.pos)
  }
}
