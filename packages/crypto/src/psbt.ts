import { concatBytes } from './bytes.ts'
import { compactSize, outputBytes, varBytes } from './encode.ts'
import { ClmError } from './errors.ts'
import { decodeTx, encodeTx } from './transactionCodec.ts'
import type { Transaction, TxOutput } from './transaction.ts'
import { satoshi } from './units.ts'

export type PsbtErrorDetail =
  /** Bytes are no partially signed transaction of version 0; trying again does not help. */
  { readonly code: 'BAD_PSBT'; readonly reason: string }

export class PsbtError extends ClmError<PsbtErrorDetail> {}

/** One field of a map: type byte with key data, and value, both as they are. */
export interface PsbtField {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** A PSBT (BIP-174) with the fields of its inputs and outputs unread, so that whatever a wallet put there stays. */
export interface Psbt {
  readonly unsigned: Transaction
  readonly inputs: readonly (readonly PsbtField[])[]
  readonly outputs: readonly (readonly PsbtField[])[]
}

/** Types of fields we read or write. BIP-174 */
const FIELD = { unsignedTx: 0x00, witnessUtxo: 0x01, redeemScript: 0x04, finalWitness: 0x08 } as const
const MAGIC = Uint8Array.of(0x70, 0x73, 0x62, 0x74, 0xff)

/** @throws PsbtError BAD_PSBT */
export function decodePsbt(bytes: Uint8Array): Psbt {
  const reader = new Reader(bytes)
  if (!reader.take(MAGIC.length).every((byte, i) => byte === MAGIC[i])) throw bad('magic')
  const raw = fieldOf(reader.map(), FIELD.unsignedTx)
  if (raw === undefined) throw bad('no transaction')
  const unsigned = transactionOf(raw)
  const inputs = unsigned.inputs.map(() => reader.map())
  const outputs = unsigned.outputs.map(() => reader.map())
  if (!reader.done) throw bad('trailing bytes')
  return { unsigned, inputs, outputs }
}

/** The transaction goes in without scripts and witnesses, as BIP-174 asks. */
export function encodePsbt(psbt: Psbt): Uint8Array {
  const bare = psbt.unsigned.inputs.map((input) => ({ ...input, scriptSig: new Uint8Array(), witness: [] }))
  const value = encodeTx({ ...psbt.unsigned, inputs: bare }, { witness: false })
  const global = [{ key: Uint8Array.of(FIELD.unsignedTx), value }]
  return concatBytes(MAGIC, ...[global, ...psbt.inputs, ...psbt.outputs].map(encodeMap))
}

/** The output that an input spends, if the PSBT says. @throws PsbtError BAD_PSBT */
export function witnessUtxoOf(fields: readonly PsbtField[]): TxOutput | undefined {
  const value = fieldOf(fields, FIELD.witnessUtxo)
  if (value === undefined) return undefined
  const reader = new Reader(value)
  const amount = new DataView(reader.take(8).slice().buffer).getBigUint64(0, true)
  return { value: satoshi(amount), script: reader.take(reader.compactSize()) }
}

/** Script behind a P2SH input; of nested segwit its push is the whole scriptSig. */
export const redeemScriptOf = (fields: readonly PsbtField[]): Uint8Array | undefined =>
  fieldOf(fields, FIELD.redeemScript)

/** Fields of an input that is signed already. */
export function signedInputFields(spent: TxOutput, witness: readonly Uint8Array[]): readonly PsbtField[] {
  const stack = concatBytes(compactSize(witness.length), ...witness.map(varBytes))
  return [
    { key: Uint8Array.of(FIELD.witnessUtxo), value: outputBytes(spent) },
    { key: Uint8Array.of(FIELD.finalWitness), value: stack },
  ]
}

function fieldOf(fields: readonly PsbtField[], type: number): Uint8Array | undefined {
  return fields.find(({ key }) => key.length === 1 && key[0] === type)?.value
}

const encodeMap = (fields: readonly PsbtField[]): Uint8Array =>
  concatBytes(...fields.map(({ key, value }) => concatBytes(varBytes(key), varBytes(value))), Uint8Array.of(0))

function transactionOf(raw: Uint8Array): Transaction {
  try {
    return decodeTx(raw)
  } catch (cause) {
    throw new PsbtError({ code: 'BAD_PSBT', reason: 'transaction' }, 'not a PSBT: transaction', { cause })
  }
}

/** Walks over bytes. @throws PsbtError BAD_PSBT past their end */
class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw bad('too short')
    this.#at += length
    return this.#bytes.slice(this.#at - length, this.#at)
  }

  compactSize(): number {
    const first = this.#uint(1)
    if (first < 0xfd) return first
    if (first === 0xff) throw bad('length')
    return this.#uint(first === 0xfd ? 2 : 4)
  }

  map(): readonly PsbtField[] {
    const fields: PsbtField[] = []
    for (;;) {
      const keyLength = this.compactSize()
      if (keyLength === 0) return fields
      const key = this.take(keyLength)
      fields.push({ key, value: this.take(this.compactSize()) })
    }
  }

  #uint(length: number): number {
    return this.take(length).reduceRight((sum, byte) => sum * 256 + byte, 0)
  }
}

function bad(reason: string): PsbtError {
  return new PsbtError({ code: 'BAD_PSBT', reason }, `not a PSBT: ${reason}`)
}
