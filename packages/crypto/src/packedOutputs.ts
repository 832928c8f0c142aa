import { UnreadableTx, viewOf } from './byteReader.ts'
import { compactSizeLength } from './encode.ts'
import { sha256 } from './hash.ts'
import type { ByteReader } from './byteReader.ts'
import type { TxOutput } from './transaction.ts'
import { PackedList } from './txList.ts'
import { MAX_MONEY } from './units.ts'
import type { Satoshi } from './units.ts'

/** Bytes of an amount, and the least of an output. */
const AMOUNT = 8
const LEAST_OUTPUT = 9
const MOST = Number(MAX_MONEY)
const [OP_1, OP_16] = [0x51, 0x60]
const HIGH = 0x1_0000_0000

/** Outputs as a transaction has them. A full batch has twelve hundred: nothing is made of those nobody asks for. */
export class PackedOutputs extends PackedList<TxOutput> {
  value(index: number): Satoshi {
    return BigInt(this.#amount(index)) as Satoshi
  }

  script(index: number): Uint8Array {
    const from = this.#scriptStart(index)
    return viewOf(this.bytes, from, this.start(index + 1) - from)
  }

  scriptLength(index: number): number {
    return this.start(index + 1) - this.#scriptStart(index)
  }

  /** The last three bytes of the script as a number, to tell most of them apart; fewer when there are fewer. */
  scriptEnd(index: number): number {
    let bits = 0
    const [from, end] = [this.#scriptStart(index), this.start(index + 1)]
    for (let at = Math.max(from, end - 3); at < end; at++) bits = (bits << 8) | (this.bytes[at] ?? 0)
    return bits
  }

  /** Of a witness program (BIP-141); undefined of any other script. */
  witnessVersion(index: number): number | undefined {
    const from = this.#scriptStart(index)
    const length = this.start(index + 1) - from
    if (length < 4 || length > 42 || this.bytes[from + 1] !== length - 2) return undefined
    const opcode = this.bytes[from] ?? 0
    if (opcode === 0) return 0
    return opcode >= OP_1 && opcode <= OP_16 ? opcode - OP_1 + 1 : undefined
  }

  /** Whether the output is exactly this one. */
  isAt(index: number, { value, script }: TxOutput): boolean {
    if (index < 0 || index >= this.length || BigInt(this.#amount(index)) !== value) return false
    return this.bytes.compare(script, 0, script.length, this.#scriptStart(index), this.start(index + 1)) === 0
  }

  sum(): bigint {
    // Exact for more of them than fit into a block.
    let low = 0
    let high = 0
    for (let index = 0; index < this.length; index++) {
      low += this.bytes.readUInt32LE(this.start(index))
      high += this.bytes.readUInt32LE(this.start(index) + 4)
    }
    return BigInt(high) * BigInt(HIGH) + BigInt(low)
  }

  /** SHA-256 of all amounts (BIP-341). */
  hashAmounts(): Uint8Array {
    return this.hashOf(0, AMOUNT)
  }

  /** SHA-256 of all scripts with their lengths in front (BIP-341). */
  hashScripts(): Uint8Array {
    return this.hashOf(AMOUNT)
  }

  /** SHA-256 of all outputs (BIP-143, BIP-341). */
  hashOutputs(): Uint8Array {
    return sha256(this.bytes)
  }

  protected override read(index: number): TxOutput {
    return { value: this.value(index), script: this.script(index) }
  }

  #amount(index: number): number {
    return amountAt(this.bytes, this.start(index))
  }

  #scriptStart(index: number): number {
    const [from, end] = [this.start(index) + AMOUNT, this.start(index + 1)]
    // The length takes one byte unless the rest is too long for that.
    const size = end - from - 1 < 0xfd ? 1 : compactSizeLength(end - from - 3)
    return from + size
  }
}

/** Beyond 2^53 no precision is needed to see that it is too much. */
const amountAt = (bytes: Buffer, at: number): number => bytes.readUInt32LE(at + 4) * HIGH + bytes.readUInt32LE(at)

/** The next so many outputs, each amount within all the money there is. @throws UnreadableTx */
export function readOutputs(reader: ByteReader, count: number): PackedOutputs {
  const { bytes, at } = reader
  const starts = reader.starts(count, LEAST_OUTPUT, () => {
    if (amountAt(bytes, reader.skip(AMOUNT)) > MOST) throw new UnreadableTx('more than all money')
    reader.skip(reader.count())
  })
  return new PackedOutputs(bytes.subarray(at, reader.at), starts)
}
