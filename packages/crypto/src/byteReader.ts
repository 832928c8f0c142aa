/** Why bytes are no transaction. */
export class UnreadableTx extends Error {}

/** Walks over serialised parts of transactions. @throws UnreadableTx past the end, and for a count in too many bytes */
export class ByteReader {
  readonly bytes: Buffer
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.bytes.length - this.at
  }

  /** Where the next so many bytes begin. */
  skip(length: number): number {
    const from = this.at
    if (length > this.left) throw new UnreadableTx('cut short')
    this.at = from + length
    return from
  }

  uint32(): number {
    return this.bytes.readUInt32LE(this.skip(4))
  }

  /** Compact size in its shortest form; more than 32 bits is more than any transaction has. */
  count(): number {
    const first = this.bytes[this.skip(1)] ?? 0
    if (first < 0xfd) return first
    if (first === 0xff) throw new UnreadableTx('cut short')
    const size = first === 0xfd ? 2 : 4
    const value = this.bytes.readUIntLE(this.skip(size), size)
    if (value < (size === 2 ? 0xfd : 0x1_0000)) throw new UnreadableTx('a count in too many bytes')
    return value
  }

  /** Bytes with their length in front, as a view. */
  item(): Uint8Array {
    const length = this.count()
    if (length === 0) return NOTHING
    return viewOf(this.bytes, this.skip(length), length)
  }

  /** Passes over so many items, each of at least so many bytes, and tells where they begin and the last one ends. */
  starts(count: number, leastSize: number, pass: () => void): Uint32Array {
    // A count beyond what the bytes allow is not worth a loop.
    if (count * leastSize > this.left) throw new UnreadableTx('cut short')
    const from = this.at
    const starts = new Uint32Array(count + 1)
    for (let index = 0; index < count; index++) {
      starts[index] = this.at - from
      pass()
    }
    starts[count] = this.at - from
    return starts
  }
}

const NOTHING = new Uint8Array()

/** A plain array over some of the bytes. */
export const viewOf = (bytes: Uint8Array, from: number, length: number): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset + from, length)
