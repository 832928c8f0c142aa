import { RawTx } from '@scure/btc-signer/script.js'
import { compareBytes, equalBytes, fromHex, reversed, toHex } from './bytes.ts'
import { ClmError } from './errors.ts'
import { hash256 } from './hash.ts'
import { outPoint, txid } from './ids.ts'
import type { Txid } from './ids.ts'
import type { Transaction, TxInput, TxOutput } from './transaction.ts'
import { satoshi, weight } from './units.ts'
import type { Weight } from './units.ts'

/** More bytes than any block can hold. */
export const MAX_TX_SIZE = 4_000_000

export type TransactionErrorDetail =
  /** Bytes are not exactly one transaction in its only serialisation; trying again does not help. */
  { readonly code: 'BAD_TRANSACTION'; readonly reason: string }

export class TransactionError extends ClmError<TransactionErrorDetail> {}

/** Network serialisation; with witness data only if asked for and there is some (BIP-144). */
export function encodeTx(tx: Transaction, options: { readonly witness: boolean }): Uint8Array {
  const segwitFlag = options.witness && tx.inputs.some((input) => input.witness.length > 0)
  return RawTx.encode({
    version: tx.version | 0,
    segwitFlag,
    inputs: tx.inputs.map((input) => ({
      txid: fromHex(input.prevout.txid),
      index: input.prevout.index,
      finalScriptSig: input.scriptSig,
      sequence: input.sequence,
    })),
    outputs: tx.outputs.map((output) => ({ amount: output.value, script: output.script })),
    witnesses: segwitFlag ? tx.inputs.map((input) => [...input.witness]) : undefined,
    lockTime: tx.lockTime,
  })
}

/**
 * Exactly one transaction with at least one input and amounts within all the money there is; any other spelling of it
 * (trailing bytes, long counts, empty witnesses) is refused. @throws TransactionError BAD_TRANSACTION
 */
export function decodeTx(bytes: Uint8Array): Transaction {
  if (bytes.length > MAX_TX_SIZE) throw bad('too long')
  const tx = parse(bytes)
  if (tx.inputs.length === 0) throw bad('no inputs')
  if (!equalBytes(encodeTx(tx, { witness: true }), bytes)) throw bad('not the canonical serialisation')
  return tx
}

/** What the library decodes; it types the elements of its arrays as any. */
interface RawTransaction {
  readonly version: number
  readonly inputs: readonly {
    readonly txid: Uint8Array
    readonly index: number
    readonly finalScriptSig: Uint8Array
    readonly sequence: number
  }[]
  readonly outputs: readonly { readonly amount: bigint; readonly script: Uint8Array }[]
  readonly witnesses?: readonly (readonly Uint8Array[])[] | undefined
  readonly lockTime: number
}

function parse(bytes: Uint8Array): Transaction {
  try {
    const raw: RawTransaction = RawTx.decode(bytes)
    const inputs = raw.inputs.map((input, i): TxInput => ({
      prevout: outPoint(txid(toHex(input.txid)), input.index),
      scriptSig: input.finalScriptSig,
      sequence: input.sequence,
      witness: raw.witnesses?.[i] ?? [],
    }))
    const outputs = raw.outputs.map((output): TxOutput => ({ value: satoshi(output.amount), script: output.script }))
    return { version: raw.version >>> 0, inputs, outputs, lockTime: raw.lockTime }
  } catch (cause) {
    throw bad('malformed', cause)
  }
}

/** Hash of the transaction without witnesses. */
export const txidOf = (tx: Transaction): Txid => txid(toHex(reversed(hash256(encodeTx(tx, { witness: false })))))

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
