import { concatBytes } from './bytes.ts'
import { compactSize, compactSizeLength, uint32Le } from './encode.ts'
import { writeTxid } from './ids.ts'
import { PackedInputs } from './packedInputs.ts'
import { PackedOutputs } from './packedOutputs.ts'
import type { Transaction, TxInput, TxOutput } from './transaction.ts'
import type { TxList } from './txList.ts'

const withCount = (bytes: Uint8Array): number => compactSizeLength(bytes.length) + bytes.length

/** Network serialisation; with witness data when told so (BIP-144). */
export const writeTx = (tx: Transaction, withWitness: boolean): Uint8Array =>
  concatBytes(...writeParts(tx, withWitness))

/** The same before it is put together. */
export const writeParts = (
  { version, inputs, outputs, lockTime }: Transaction,
  withWitness: boolean,
): readonly Uint8Array[] => [
  uint32Le(version),
  withWitness ? Uint8Array.of(0, 1) : NOTHING,
  compactSize(inputs.length),
  writeInputs(inputs),
  compactSize(outputs.length),
  writeOutputs(outputs),
  withWitness ? writeWitnesses(inputs) : NOTHING,
  uint32Le(lockTime),
]

const NOTHING = new Uint8Array()

/** One after the other, without witnesses; of a packed list its own bytes. */
export function writeInputs(inputs: TxList<TxInput>): Uint8Array {
  if (inputs instanceof PackedInputs) return inputs.bytes
  const writer = new TxWriter(inputs.reduce((sum, { scriptSig }) => sum + 40 + withCount(scriptSig), 0))
  for (const input of inputs) writer.input(input)
  return writer.done()
}

/** One after the other; of a packed list its own bytes. */
export function writeOutputs(outputs: TxList<TxOutput>): Uint8Array {
  if (outputs instanceof PackedOutputs) return outputs.bytes
  const writer = new TxWriter(outputs.reduce((sum, { script }) => sum + 8 + withCount(script), 0))
  for (const output of outputs) writer.output(output)
  return writer.done()
}

/** Witness data, one after the other; of a packed list its own bytes. */
export function writeWitnesses(inputs: TxList<TxInput>): Uint8Array {
  if (inputs instanceof PackedInputs && inputs.witnesses !== undefined) return inputs.witnesses.bytes
  const writer = new TxWriter(inputs.reduce((sum, { witness }) => sum + witnessSize(witness), 0))
  for (const { witness } of inputs) writer.items(witness)
  return writer.done()
}

const witnessSize = (witness: readonly Uint8Array[]): number =>
  witness.reduce((sum, item) => sum + withCount(item), compactSizeLength(witness.length))

class TxWriter {
  readonly #out: Buffer
  #at = 0

  constructor(size: number) {
    this.#out = Buffer.from(new ArrayBuffer(size))
  }

  input({ prevout, scriptSig, sequence }: TxInput): void {
    writeTxid(prevout.txid, this.#out, this.#at)
    this.#at += 32
    this.#uint32(prevout.index)
    this.#item(scriptSig)
    this.#uint32(sequence)
  }

  output({ value, script }: TxOutput): void {
    this.#at = this.#out.writeBigUInt64LE(value, this.#at)
    this.#item(script)
  }

  items(items: readonly Uint8Array[]): void {
    this.#count(items.length)
    for (const item of items) this.#item(item)
  }

  done(): Uint8Array {
    return new Uint8Array(this.#out.buffer)
  }

  #uint32(value: number): void {
    this.#at = this.#out.writeUInt32LE(value >>> 0, this.#at)
  }

  #count(value: number): void {
    if (value < 0xfd) {
      this.#at = this.#out.writeUInt8(value, this.#at)
      return
    }
    this.#at = this.#out.writeUInt8(value <= 0xffff ? 0xfd : 0xfe, this.#at)
    this.#at = this.#out.writeUIntLE(value, this.#at, value <= 0xffff ? 2 : 4)
  }

  #item(bytes: Uint8Array): void {
    this.#count(bytes.length)
    this.#out.set(bytes, this.#at)
    this.#at += bytes.length
  }
}
