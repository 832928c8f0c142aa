import { compareBytes } from './bytes.ts'
import { ClmError } from './errors.ts'
import { ByteReader, UnreadableTx } from './byteReader.ts'
import { hash256 } from './hash.ts'
import { txidFromBytes } from './ids.ts'
import type { Txid } from './ids.ts'
import type { Transaction, TxInput, TxOutput } from './transaction.ts'
import { readTx } from './txReader.ts'
import { writeParts, writeTx } from './txWriter.ts'
import { PackedInputs } from './packedInputs.ts'
import { readOutputs } from './packedOutputs.ts'
import type { PackedOutputs } from './packedOutputs.ts'
import { weight } from './units.ts'
import type { Weight } from './units.ts'

/** More bytes than any block can hold. */
export const MAX_TX_SIZE = 4_000_000

export type TransactionErrorDetail =
  /** Bytes are not exactly one transaction in its only serialisation; trying again does not help. */
  { readonly code: 'BAD_TRANSACTION'; readonly reason: string }

export class TransactionError extends ClmError<TransactionErrorDetail> {}

/** Every trader of a batch is sent, and signs, the same transaction: what was serialised or hashed once is kept beside it. */
const unsigned = new WeakMap<Transaction, Uint8Array>()

/**
 * Network serialisation; with witness data only if asked for and there is some (BIP-144). Without, the bytes are shared:
 * nobody may write into them.
 */
export function encodeTx(tx: Transaction, options: { readonly witness: boolean }): Uint8Array {
  if (options.witness && hasWitness(tx)) return writeTx(tx, true)
  const known = unsigned.get(tx)
  if (known !== undefined) return known
  const bytes = writeTx(tx, false)
  unsigned.set(tx, bytes)
  return bytes
}

/** The same in parts, one after the other, for whom a copy would only be copied again. Nobody may write into them. */
export function txParts(tx: Transaction, options: { readonly witness: boolean }): readonly Uint8Array[] {
  if (options.witness && hasWitness(tx)) return writeParts(tx, true)
  const known = unsigned.get(tx)
  return known === undefined ? writeParts(tx, false) : [known]
}

const hasWitness = ({ inputs }: Transaction): boolean =>
  inputs instanceof PackedInputs ? inputs.witnesses !== undefined : inputs.some(({ witness }) => witness.length > 0)

/**
 * Exactly one transaction with at least one input and amounts within all the money there is; any other spelling of it
 * (trailing bytes, long counts, empty witnesses) is refused. It keeps the bytes, which nobody may write into any more.
 * @throws TransactionError BAD_TRANSACTION
 */
export function decodeTx(bytes: Uint8Array): Transaction {
  if (bytes.length > MAX_TX_SIZE) throw bad('too long')
  const tx = parse(() => readTx(bytes))
  if (tx.inputs.length === 0) throw bad('no inputs')
  if (!hasWitness(tx)) unsigned.set(tx, bytes)
  return tx
}

/** So many outputs, one after the other as in a transaction, and nothing else. @throws TransactionError BAD_TRANSACTION */
export function decodeOutputs(bytes: Uint8Array, count: number): PackedOutputs {
  const outputs = parse(() => readOutputs(new ByteReader(bytes), count))
  if (outputs.bytes.length !== bytes.length) throw bad('trailing bytes')
  return outputs
}

function parse<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw bad(cause instanceof UnreadableTx ? cause.message : 'malformed', cause)
  }
}

const ids = new WeakMap<Transaction, Txid>()

/** Hash of the transaction without witnesses. */
export function txidOf(tx: Transaction): Txid {
  const known = ids.get(tx)
  if (known !== undefined) return known
  const id = txidFromBytes(hash256(encodeTx(tx, { witness: false })))
  ids.set(tx, id)
  return id
}

/** Weight as it stands (BIP-141). */
export function txWeight(tx: Transaction): Weight {
  return weight(3 * encodeTx(tx, { witness: false }).length + encodeTx(tx, { witness: true }).length)
}

/** Inputs by transaction id in display order, then index; outputs by value, then script (BIP-69). */
export function sortBip69(tx: Transaction): Transaction {
  return { ...tx, inputs: tx.inputs.toSorted(compareInputs), outputs: tx.outputs.toSorted(compareOutputs) }
}

export function compareInputs(a: TxInput, b: TxInput): number {
  if (a.prevout.txid !== b.prevout.txid) return a.prevout.txid < b.prevout.txid ? -1 : 1
  return a.prevout.index - b.prevout.index
}

export function compareOutputs(a: TxOutput, b: TxOutput): number {
  if (a.value !== b.value) return a.value < b.value ? -1 : 1
  return compareBytes(a.script, b.script)
}

function bad(reason: string, cause?: unknown): TransactionError {
  return new TransactionError({ code: 'BAD_TRANSACTION', reason }, `not a transaction: ${reason}`, { cause })
}
