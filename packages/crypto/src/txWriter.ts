import { compactSizeLength } from './encode.ts'
import { writeTxid } from './ids.ts'
import type { Transaction, TxInput, TxOutput } from './transaction.ts'

const withCount = (bytes: Uint8Array): number => compactSizeLength(bytes.length) + bytes.length

/** Network serialisation into one buffer; with witness data when told so (BIP-144). */
export function writeTx(tx: Transaction, withWitness: boolean): Uint8Array {
  const writer = new TxWriter(sizeOf(tx, withWitness))
  writer.uint32(tx.version)
  if (withWitness) writer.byte(0, 1)
  writer.count(tx.inputs.length)
  for (const input of tx.inputs) writer.input(input)
  writer.count(tx.outputs.length)
  for (const output of tx.outputs) writer.output(output)
  if (withWitness) for (const { witness } of tx.inputs) writer.items(witness)
  writer.uint32(tx.lockTime)
  return writer.done()
}

function sizeOf({ inputs, outputs }: Transaction, withWitness: boolean): number {
  let size = 8 + compactSizeLength(inputs.length) + compactSizeLength(outputs.length)
  for (const { scriptSig } of inputs) size += 40 + withCount(scriptSig)
  for (const { script } of outputs) size += 8 + withCount(script)
  if (!withWitness) return size
  size += 2
  for (const { witness } of inputs) {
    size += compactSizeLength(witness.length)
    for (const item of witness) size += withCount(item)
  }
  return size
}

/** What signature digests hash of a transaction (BIP-143, BIP-341), out of its serialisation without witnesses. */
export interface DigestParts {
  readonly prevouts: Uint8Array
  readonly sequences: Uint8Array
  readonly outputs: Uint8Array
}

export function digestParts({ inputs, outputs }: Transaction, serialised: Uint8Array): DigestParts {
  const bytes = Buffer.from(serialised.buffer, serialised.byteOffset, serialised.byteLength)
  const prevouts = Buffer.alloc(36 * inputs.length)
  const sequences = Buffer.alloc(4 * inputs.length)
  let at = 4 + compactSizeLength(inputs.length)
  for (const [i, { scriptSig }] of inputs.entries()) {
    bytes.copy(prevouts, 36 * i, at, at + 36)
    at += 36 + withCount(scriptSig)
    bytes.copy(sequences, 4 * i, at, at + 4)
    at += 4
  }
  return { prevouts, sequences, outputs: bytes.subarray(at + compactSizeLength(outputs.length), -4) }
}

/** What they hash of the outputs that are spent. */
export function writeAmounts(outputs: readonly TxOutput[]): Uint8Array {
  const writer = new TxWriter(8 * outputs.length)
  for (const { value } of outputs) writer.amount(value)
  return writer.done()
}

export function writeScripts(outputs: readonly TxOutput[]): Uint8Array {
  const writer = new TxWriter(outputs.reduce((sum, { script }) => sum + withCount(script), 0))
  for (const { script } of outputs) writer.item(script)
  return writer.done()
}

class TxWriter {
  readonly #out: Buffer
  #at = 0

  constructor(size: number) {
    this.#out = Buffer.from(new ArrayBuffer(size))
  }

  input({ prevout, scriptSig, sequence }: TxInput): void {
    writeTxid(prevout.txid, this.#out, this.#at)
    this.#at += 32
    this.uint32(prevout.index)
    this.item(scriptSig)
    this.uint32(sequence)
  }

  output({ value, script }: TxOutput): void {
    this.amount(value)
    this.item(script)
  }

  amount(value: bigint): void {
    this.#at = this.#out.writeBigUInt64LE(value, this.#at)
  }

  items(items: readonly Uint8Array[]): void {
    this.count(items.length)
    for (const item of items) this.item(item)
  }

  byte(...values: readonly number[]): void {
    for (const value of values) this.#at = this.#out.writeUInt8(value, this.#at)
  }

  uint32(value: number): void {
    this.#at = this.#out.writeUInt32LE(value >>> 0, this.#at)
  }

  count(value: number): void {
    if (value < 0xfd) return this.byte(value)
    this.byte(value <= 0xffff ? 0xfd : 0xfe)
    this.#at = this.#out.writeUIntLE(value, this.#at, value <= 0xffff ? 2 : 4)
  }

  item(bytes: Uint8Array): void {
    this.count(bytes.length)
    this.#out.set(bytes, this.#at)
    this.#at += bytes.length
  }

  done(): Uint8Array {
    return new Uint8Array(this.#out.buffer)
  }
}
