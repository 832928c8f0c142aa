import { readTxid } from './ids.ts'
import type { Transaction, TxInput, TxOutput } from './transaction.ts'
import { satoshi } from './units.ts'

/** Why bytes are no transaction. */
export class UnreadableTx extends Error {}

const NO_SCRIPT = new Uint8Array()
const NO_WITNESS: readonly Uint8Array[] = []
/** Least bytes of an input and of an output: a count beyond what they allow is not worth a loop. */
const MIN_INPUT = 41
const MIN_OUTPUT = 9

/**
 * Reads the one serialisation of a transaction (BIP-144) and nothing else: shortest counts, witness data only where
 * there is some, no byte left over. Scripts are views of the bytes.
 */
export class TxReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** @throws UnreadableTx, UnitsError */
  transaction(): Transaction {
    const version = this.#uint32()
    const hasWitness = this.#bytes[this.#at] === 0 && this.#bytes[this.#at + 1] === 1
    if (hasWitness) this.#at += 2
    const bare = this.#list(MIN_INPUT, () => this.#input())
    const outputs = this.#list(MIN_OUTPUT, () => this.#output())
    const inputs = hasWitness ? bare.map((input) => ({ ...input, witness: this.#witness() })) : bare
    const lockTime = this.#uint32()
    if (this.#at !== this.#bytes.length) throw new UnreadableTx('trailing bytes')
    if (hasWitness && inputs.every(({ witness }) => witness.length === 0)) throw new UnreadableTx('no witness data')
    return { version, inputs, outputs, lockTime }
  }

  #input(): TxInput {
    const from = this.#advance(36)
    const prevout = { txid: readTxid(this.#bytes, from), index: this.#bytes.readUInt32LE(from + 32) }
    const scriptSig = this.#script()
    return { prevout, scriptSig, sequence: this.#uint32(), witness: NO_WITNESS }
  }

  #output(): TxOutput {
    const from = this.#advance(8)
    const high = this.#bytes.readUInt32LE(from + 4)
    // Beyond 2^53 no precision is needed to see that it is too much.
    const value = satoshi(high * 0x1_0000_0000 + this.#bytes.readUInt32LE(from))
    return { value, script: this.#script() }
  }

  #witness(): readonly Uint8Array[] {
    return this.#list(1, () => this.#script())
  }

  #list<T>(minSize: number, read: () => T): T[] {
    const count = this.#count()
    if (count * minSize > this.#bytes.length - this.#at) throw new UnreadableTx('cut short')
    const out: T[] = []
    for (let i = 0; i < count; i++) out.push(read())
    return out
  }

  #script(): Uint8Array {
    const length = this.#count()
    if (length === 0) return NO_SCRIPT
    const from = this.#advance(length)
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + from, length)
  }

  /** Compact size in its shortest form; more than 32 bits is more than any transaction has. */
  #count(): number {
    const first = this.#bytes[this.#advance(1)] ?? 0
    if (first < 0xfd) return first
    if (first === 0xff) throw new UnreadableTx('cut short')
    const size = first === 0xfd ? 2 : 4
    const value = this.#bytes.readUIntLE(this.#advance(size), size)
    if (value < (size === 2 ? 0xfd : 0x1_0000)) throw new UnreadableTx('a count in too many bytes')
    return value
  }

  #uint32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4))
  }

  /** Where the next so many bytes begin. */
  #advance(length: number): number {
    const from = this.#at
    if (length > this.#bytes.length - from) throw new UnreadableTx('cut short')
    this.#at = from + length
    return from
  }
}
