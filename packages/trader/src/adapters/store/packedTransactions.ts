import { decodeTx, encodeTx } from '@tidepool/crypto'
import { recordCodec } from '@tidepool/store'
import type { RecordCodec } from '@tidepool/store'
import type { Transaction } from '@tidepool/crypto'
import { SpentOutputs } from '../../core/spentOutputs.ts'
import type { SpentOutput } from '../../core/spentOutputs.ts'

/** How a transaction stands in a record: a batch's has thousands of parts, which is dear as text. */
interface PackedTransaction {
  /** Base64, a fifth of the time of hex; bytes in records of version 2. */
  readonly serializedTx: string | Uint8Array
}

/** Outputs that a batch spends: as many as it has inputs. */
interface PackedOutputs {
  /** As a transaction that spends them and has them for its outputs; amounts count for nothing. */
  readonly spentOutputs: string
}

/** For records with transactions. Version 1 had them spelled out, version 2 lists of spent outputs; all are read. */
export const packedCodec = <V>(): RecordCodec<V> =>
  recordCodec<V>({
    version: 3,
    migrations: { 1: (record) => record, 2: listsPacked },
    encode: packed,
    decode: (record) => unpacked(record) as V,
  })

/** The record with every transaction in it serialised, and every list of spent outputs. */
function packed(value: unknown): unknown {
  return mapped(value, (object) => {
    if (isTransaction(object)) return { serializedTx: toText(encodeTx(object, { witness: true })) }
    if (!(object instanceof SpentOutputs)) return undefined
    return { spentOutputs: toText(encodeTx(object.asTransaction(), { witness: false })) }
  })
}

/** The record as it was. @throws TransactionError BAD_TRANSACTION */
function unpacked(value: unknown): unknown {
  return mapped(value, (object) => {
    if (isPacked(object)) return decodeTx(toBytes(object.serializedTx))
    return isPackedOutputs(object) ? unpackOutputs(object.spentOutputs) : undefined
  })
}

/** What version 2 had: lists of spent outputs spelled out. */
const listsPacked = (value: unknown): unknown =>
  mapped(value, (object) => (isSpelledOut(object) ? SpentOutputs.of(object) : undefined))

function unpackOutputs(text: string): SpentOutputs {
  const spent = decodeTx(toBytes(text))
  return new SpentOutputs(spent, spent.outputs)
}

const toText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
const toBytes = (packedBytes: string | Uint8Array): Uint8Array =>
  typeof packedBytes === 'string' ? Buffer.from(packedBytes, 'base64') : packedBytes

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
  'spentOutputs' in value && typeof value.spentOutputs === 'string'

const isPacked = (value: object): value is PackedTransaction =>
  'serializedTx' in value && (typeof value.serializedTx === 'string' || value.serializedTx instanceof Uint8Array)

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
