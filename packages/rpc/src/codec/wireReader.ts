import { isUtf8 } from 'node:buffer'

/** Why bytes are no message. */
export class Malformed extends Error {}

/** Wire types of Protocol Buffers, "Encoding". */
export const VARINT = 0
export const FIXED64 = 1
export const DELIMITED = 2
const GROUP = 3
const GROUP_END = 4
export const FIXED32 = 5

/** Messages within messages that anybody has a use for, and many times that. */
export const MAX_DEPTH = 100
const HIGH = 0x1_0000_0000

/** Walks over an encoded message. @throws Malformed */
export class WireReader {
  readonly #bytes: Uint8Array
  readonly #buffer: Buffer
  at = 0
  end: number
  /** Halves of the last wide varint. */
  #low = 0
  #high = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.end = bytes.length
  }

  /** Another reader of all the bytes. */
  again(): WireReader {
    return new WireReader(this.#bytes)
  }

  /** Writes bytes that were passed over to another place; where that ends. */
  copy(from: number, end: number, to: Uint8Array, at: number): number {
    return at + this.#buffer.copy(to, at, from, end)
  }

  /** The next 32 bits of a varint; what is above them is dropped. */
  uint32(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte()
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new Malformed('a varint of more than ten bytes')
  }

  /** A field's number and wire type, or a length: 32 bits and nothing above them. */
  head(): number {
    const first = this.#byte()
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.#byte()
      if (shift === 28 && byte > 0x0f) break
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new Malformed('more than 32 bits')
  }

  uint64(): bigint {
    this.#varint()
    return wide(this.#high, this.#low)
  }

  /** The same, as eight bytes from the least on. */
  copyUint64(to: Buffer, at: number): void {
    this.#varint()
    to.writeUInt32LE(this.#low, at)
    to.writeUInt32LE(this.#high, at + 4)
  }

  #varint(): void {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte()
      const bits = byte & 0x7f
      if (shift < 32) low |= bits << shift
      // The fifth byte belongs to both halves.
      if (shift > 28) high |= bits << (shift - 32)
      else if (shift === 28) high |= bits >> 4
      if (byte >= 0x80) continue
      this.#low = low >>> 0
      this.#high = high >>> 0
      return
    }
    throw new Malformed('a varint of more than ten bytes')
  }

  fixed32(): number {
    return this.#buffer.readUInt32LE(this.#advance(4))
  }

  fixed64(): bigint {
    const from = this.#advance(8)
    return wide(this.#buffer.readUInt32LE(from + 4), this.#buffer.readUInt32LE(from))
  }

  float(): number {
    return this.#buffer.readFloatLE(this.#advance(4))
  }

  double(): number {
    return this.#buffer.readDoubleLE(this.#advance(8))
  }

  /** Bytes of their own. */
  bytes(): Uint8Array {
    const from = this.delimited()
    return this.#bytes.slice(from, this.at)
  }

  string(): string {
    const from = this.delimited()
    const text = this.#buffer.toString('utf8', from, this.at)
    // What is no text leaves the mark that stands for it, which may also have been sent.
    if (text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(from, this.at))) throw new Malformed('no UTF-8')
    return text
  }

  /** Passes over a length and so many bytes; tells where these begin. */
  delimited(): number {
    const length = this.head()
    return this.#advance(length)
  }

  /** Passes over a value of a field that means nothing to us. */
  skip(wireType: number, number: number, depth: number): void {
    if (number === 0) throw new Malformed('field 0')
    switch (wireType) {
      case VARINT:
        while (this.#byte() >= 0x80);
        return
      case FIXED64:
        this.#advance(8)
        return
      case DELIMITED:
        this.delimited()
        return
      case GROUP:
        return this.#skipGroup(number, depth + 1)
      case FIXED32:
        this.#advance(4)
        return
      default:
        throw new Malformed(`wire type ${wireType}`)
    }
  }

  #skipGroup(number: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new Malformed('too deep')
    for (;;) {
      const tag = this.head()
      if ((tag & 7) === GROUP_END) {
        if (tag >>> 3 !== number) throw new Malformed('the end of another group')
        return
      }
      this.skip(tag & 7, tag >>> 3, depth)
    }
  }

  #byte(): number {
    if (this.at >= this.end) throw new Malformed('ends too early')
    return this.#bytes[this.at++] ?? 0
  }

  #advance(length: number): number {
    const from = this.at
    if (length > this.end - from) throw new Malformed('ends too early')
    this.at = from + length
    return from
  }
}

const wide = (high: number, low: number): bigint =>
  high < 0x20_0000 ? BigInt(high * HIGH + low) : (BigInt(high) << 32n) | BigInt(low)
