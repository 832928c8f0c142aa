import { sha256 } from './hash.ts'

/**
 * A transaction's inputs or outputs. An array is one; what was read from bytes is another, which makes its items when
 * asked for them (ADR-0100).
 */
export interface TxList<T> extends Iterable<T> {
  readonly length: number
  at(index: number): T | undefined
  keys(): Iterable<number>
  entries(): Iterable<readonly [number, T]>
  map<U>(make: (item: T, index: number) => U): U[]
  flatMap<U>(make: (item: T, index: number) => U | readonly U[]): U[]
  filter(wanted: (item: T, index: number) => boolean): T[]
  find(wanted: (item: T, index: number) => boolean): T | undefined
  findIndex(wanted: (item: T, index: number) => boolean): number
  some(wanted: (item: T, index: number) => boolean): boolean
  every(wanted: (item: T, index: number) => boolean): boolean
  reduce<U>(add: (sum: U, item: T, index: number) => U, first: U): U
  slice(from?: number, to?: number): T[]
  toSorted(compare: (a: T, b: T) => number): T[]
}

/** The item there, if there is one; other than `at`, which counts from the end when told so. */
export const itemAt = <T>(list: TxList<T>, index: number): T | undefined =>
  Number.isInteger(index) && index >= 0 ? list.at(index) : undefined

/** What is hashed is put together here: new memory for each hash would cost more than the hash. */
let room = new Uint8Array(0)

function roomFor(size: number): Uint8Array {
  if (room.length < size) room = new Uint8Array(size)
  return room
}

/** Items that stand one after the other in serialised form. Nobody may write into the bytes. */
export abstract class PackedList<T> implements TxList<T> {
  readonly bytes: Buffer
  /** Where each item begins; one more entry says where the last one ends. */
  protected readonly starts: Uint32Array

  constructor(bytes: Uint8Array, starts: Uint32Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.starts = starts
  }

  get length(): number {
    return this.starts.length - 1
  }

  /** Bytes of each item. */
  sizes(): number[] {
    const sizes: number[] = []
    for (let index = 0; index < this.length; index++) sizes.push(this.start(index + 1) - this.start(index))
    return sizes
  }

  protected abstract read(index: number): T

  protected start(index: number): number {
    return this.starts[index] ?? this.bytes.length
  }

  /** SHA-256 of a part of each item: it begins so many bytes into the item, and ends so many from there or with it. */
  protected hashOf(skip: number, length?: number): Uint8Array {
    const { bytes, starts } = this
    const count = this.length
    const out = roomFor(bytes.length)
    out.set(bytes)
    let to = 0
    for (let index = 0; index < count; index++) {
      const from = (starts[index] ?? 0) + skip
      const end = length === undefined ? (starts[index + 1] ?? 0) : from + length
      // Never ahead of what is still to be moved.
      out.copyWithin(to, from, end)
      to += end - from
    }
    return sha256(out.subarray(0, to))
  }

  at(index: number): T | undefined {
    const place = index < 0 ? this.length + index : index
    return place >= 0 && place < this.length ? this.read(place) : undefined
  }

  *[Symbol.iterator](): Generator<T, undefined> {
    for (let index = 0; index < this.length; index++) yield this.read(index)
    return undefined
  }

  keys(): Iterable<number> {
    return [...this].keys()
  }

  entries(): Iterable<readonly [number, T]> {
    return [...this].entries()
  }

  map<U>(make: (item: T, index: number) => U): U[] {
    return [...this].map(make)
  }

  flatMap<U>(make: (item: T, index: number) => U | readonly U[]): U[] {
    return [...this].flatMap(make)
  }

  filter(wanted: (item: T, index: number) => boolean): T[] {
    return [...this].filter(wanted)
  }

  find(wanted: (item: T, index: number) => boolean): T | undefined {
    return [...this].find(wanted)
  }

  findIndex(wanted: (item: T, index: number) => boolean): number {
    return [...this].findIndex(wanted)
  }

  some(wanted: (item: T, index: number) => boolean): boolean {
    return [...this].some(wanted)
  }

  every(wanted: (item: T, index: number) => boolean): boolean {
    return [...this].every(wanted)
  }

  reduce<U>(add: (sum: U, item: T, index: number) => U, first: U): U {
    return [...this].reduce(add, first)
  }

  slice(from?: number, to?: number): T[] {
    return [...this].slice(from, to)
  }

  toSorted(compare: (a: T, b: T) => number): T[] {
    return [...this].toSorted(compare)
  }
}
