import { decodeTx, encodeTx } from '@tidepool/crypto'
import { recordCodec } from '@tidepool/store'
import type { RecordCodec } from '@tidepool/store'
import type { Transaction } from '@tidepool/crypto'
import { SpentOutputs } from '../../core/spentOutputs.ts'
import type { SpentOutput } from '../../core/spentOutputs.ts'

/** How a transaction stands in a record: a batch's has thousands of parts, which is dear as text. */
interface PackedTransaction {
  readonly serializedTx: Serialised
}

/** The number of a line after the record's, in base64. Text of its own in version 3, bytes in version 2. */
type Serialised = number | string | Uint8Array

/** Outputs that a batch spends: as many as it has inputs. */
interface PackedOutputs {
  /** As a transaction that spends them and has them for its outputs; amounts count for nothing. */
  readonly spentOutputs: Serialised
}

/**
 * For records with transactions: what is serialised stands after the record, a line each, and not in its JSON, where a
 * hundred kilobytes take longer than all the rest. Version 1 had transactions spelled out, version 2 lists of spent
 * outputs; all are read.
 */
export const packedCodec = <V>(): RecordCodec<V> => ({
  encode: (value) => {
    const lines: string[] = []
    const head = codecWith<V>(lines).encode(value)
    return [head, ...lines].join('\n')
  },
  decode: (text) => {
    const [head = '', ...lines] = text.split('\n')
    return codecWith<V>(lines).decode(head)
  },
})

const same = (record: unknown): unknown => record

/** Of the record itself, which adds its lines when it is written and finds them when it is read. */
const codecWith = <V>(lines: string[]): RecordCodec<V> =>
  recordCodec<V>({
    version: 4,
    migrations: { 1: same, 2: listsPacked, 3: same },
    encode: (value) => packed(value, (bytes) => lines.push(toText(bytes))),
    decode: (record) => unpacked(record, lines) as V,
  })

/** The record with every transaction and every list of spent outputs handed to `put`, which tells its line. */
function packed(value: unknown, put: (bytes: Uint8Array) => number): unknown {
  return mapped(value, (object) => {
    if (isTransaction(object)) return { serializedTx: put(encodeTx(object, { witness: true })) }
    if (!(object instanceof SpentOutputs)) return undefined
    return { spentOutputs: put(encodeTx(object.asTransaction(), { witness: false })) }
  })
}

/** The record as it was. @throws TransactionError BAD_TRANSACTION */
function unpacked(value: unknown, lines: readonly string[]): unknown {
  return mapped(value, (object) => {
    if (isPacked(object)) return decodeTx(toBytes(object.serializedTx, lines))
    return isPackedOutputs(object) ? unpackOutputs(toBytes(object.spentOutputs, lines)) : undefined
  })
}

/** What version 2 had: lists of spent outputs spelled out. */
const listsPacked = (value: unknown): unknown =>
  mapped(value, (object) => (isSpelledOut(object) ? SpentOutputs.of(object) : undefined))

function unpackOutputs(bytes: Uint8Array): SpentOutputs {
  const spent = decodeTx(bytes)
  return new SpentOutputs(spent, spent.outputs)
}

const toText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')

function toBytes(serialised: Serialised, lines: readonly string[]): Uint8Array {
  if (serialised instanceof Uint8Array) return serialised
  return Buffer.from(typeof serialised === 'string' ? serialised : (lines[serialised - 1] ?? ''), 'base64')
}

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
