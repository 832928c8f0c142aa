import { decodeOutputs, decodeTx, txParts } from '@tidepool/crypto'
import { recordCodec } from '@tidepool/store'
import type { BytesCodec, TextCodec } from '@tidepool/store'
import type { Transaction, TxInput, TxList } from '@tidepool/crypto'
import { SpentOutputs } from '../../core/spentOutputs.ts'
import type { SpentOutput } from '../../core/spentOutputs.ts'
import { PartsWriter, fromBase64, readParts } from './recordParts.ts'

/** How a transaction stands in a record: a batch's has thousands of parts, which is dear as text. */
interface PackedTransaction {
  readonly serializedTx: Serialised
}

/** The number of a part after the record's JSON. Text of its own in version 3, bytes in version 2. */
type Serialised = number | string | Uint8Array

/** Outputs that a batch spends: as many as it has inputs. */
interface PackedOutputs {
  /**
   * The outputs only, when the record has the transaction that spends them; otherwise as a transaction that spends them
   * and has them for its outputs. Amounts count for nothing.
   */
  readonly spentOutputs: Serialised
  /** That transaction. */
  readonly spentBy?: Serialised
}

/**
 * For records with transactions: what is serialised stands as it is after the record's JSON, where a hundred kilobytes
 * take longer than all the rest (ADR-0104). All versions before are text: 1 had transactions spelled out, 2 lists of spent
 * outputs, 3 base64 in the JSON, 4 base64 in lines after it.
 */
export const packedCodec = <V>(): BytesCodec<V> => ({
  stored: 'bytes',
  encode: (value) => {
    const parts = new PartsWriter()
    return parts.after(writing<V>(parts).encode(value))
  },
  decode: (bytes) => {
    const { head, parts } = readParts(bytes)
    return reading<V>(parts).decode(head)
  },
})

const same = (record: unknown): unknown => record

const SCHEMA = { version: 5, migrations: { 1: same, 2: listsPacked, 3: same, 4: same } }

/** Of the record itself, which adds its parts. */
const writing = <V>(parts: PartsWriter): TextCodec<V> =>
  recordCodec<V>({ ...SCHEMA, encode: (value) => packed(value, parts) })

/** Of the record itself, which finds its parts. */
const reading = <V>(parts: readonly Uint8Array[]): TextCodec<V> =>
  recordCodec<V>({ ...SCHEMA, decode: (record) => unpacked(record, parts) as V })

/** The record with every transaction and every list of spent outputs among the parts. */
function packed(value: unknown, parts: PartsWriter): unknown {
  const spenders = new Map<TxList<TxInput>, number>()
  return mapped(value, (object) => {
    if (isTransaction(object)) {
      const serializedTx = parts.add(txParts(object, { witness: true }))
      spenders.set(object.inputs, serializedTx)
      return { serializedTx }
    }
    if (!(object instanceof SpentOutputs)) return undefined
    const { inputs, outputs } = object
    const spentBy = inputs.length === outputs.length ? spenders.get(inputs) : undefined
    if (spentBy !== undefined) return { spentOutputs: parts.add([outputs.bytes]), spentBy }
    return { spentOutputs: parts.add(txParts(object.asTransaction(), { witness: false })) }
  })
}

/** The record as it was. @throws TransactionError BAD_TRANSACTION */
function unpacked(value: unknown, parts: readonly Uint8Array[]): unknown {
  const read = new Map<Serialised, Transaction>()
  const transaction = (place: Serialised): Transaction => {
    const tx = read.get(place) ?? decodeTx(toBytes(place, parts))
    read.set(place, tx)
    return tx
  }
  return mapped(value, (object) => {
    if (isPacked(object)) return transaction(object.serializedTx)
    if (!isPackedOutputs(object)) return undefined
    const { spentOutputs, spentBy } = object
    const spender = transaction(spentBy ?? spentOutputs)
    if (spentBy === undefined) return new SpentOutputs(spender, spender.outputs)
    return new SpentOutputs(spender, decodeOutputs(toBytes(spentOutputs, parts), spender.inputs.length))
  })
}

/** What version 2 had: lists of spent outputs spelled out. */
function listsPacked(value: unknown): unknown {
  return mapped(value, (object) => (isSpelledOut(object) ? SpentOutputs.of(object) : undefined))
}

function toBytes(serialised: Serialised, parts: readonly Uint8Array[]): Uint8Array {
  if (typeof serialised === 'number') return parts[serialised - 1] ?? NOTHING
  return typeof serialised === 'string' ? fromBase64(serialised) : serialised
}

const NOTHING = new Uint8Array()

const isSerialised = (value: unknown): value is Serialised =>
  typeof value === 'number' || typeof value === 'string' || value instanceof Uint8Array

const isTransaction = (value: object): value is Transaction =>
  'inputs' in value && 'outputs' in value && 'lockTime' in value && 'version' in value

/** Nothing but outpoints and scripts: what else stands with them would be lost. */
const isSpelledOut = (value: object): value is readonly SpentOutput[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every(
    (item: unknown) =>
      typeof item === 'object' &&
      item !== null &&
      'outpoint' in item &&
      'script' in item &&
      item.script instanceof Uint8Array &&
      Object.keys(item).length === 2,
  )

const isPackedOutputs = (value: object): value is PackedOutputs =>
  'spentOutputs' in value && isSerialised(value.spentOutputs)

const isPacked = (value: object): value is PackedTransaction =>
  'serializedTx' in value && isSerialised(value.serializedTx)

/** The value with what `replace` gives in place of the objects it knows; what has none of them is not copied. */
function mapped(value: unknown, replace: (object: object) => object | undefined): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const known = replace(value)
  if (known !== undefined) return known
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, mapped(item, replace)]))
  const parts = value as Record<string, unknown>
  let copy: Record<string, unknown> | undefined
  for (const [key, item] of Object.entries(parts)) {
    const other = mapped(item, replace)
    if (other === item) continue
    copy ??= (Array.isArray(value) ? [...(value as unknown[])] : { ...parts }) as Record<string, unknown>
    copy[key] = other
  }
  return copy ?? value
}
