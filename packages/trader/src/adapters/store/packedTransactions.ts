import { decodeTx, encodeTx, satoshi } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import type { SpentOutput } from '../../core/batch.ts'

/** How a transaction stands in a record: a batch's has thousands of parts, which is dear as text. */
interface PackedTransaction {
  /** Base64, a fifth of the time of hex; bytes in records of version 2. */
  readonly serializedTx: string | Uint8Array
}

/** Outputs that a batch spends: as many as it has inputs. */
interface PackedOutputs {
  /** As a transaction that spends them and has their scripts for its outputs. */
  readonly spentOutputs: string
}

/** The record with every transaction in it serialised, and every list of spent outputs. */
export function packed(value: unknown): unknown {
  return mapped(value, (object) => {
    if (isTransaction(object)) return { serializedTx: toText(encodeTx(object, { witness: true })) }
    return isSpentOutputs(object) ? { spentOutputs: packOutputs(object) } : undefined
  })
}

/** The record as it was. @throws TransactionError BAD_TRANSACTION */
export function unpacked(value: unknown): unknown {
  return mapped(value, (object) => {
    if (isPacked(object)) return decodeTx(toBytes(object.serializedTx))
    return isPackedOutputs(object) ? unpackOutputs(object.spentOutputs) : undefined
  })
}

function packOutputs(outputs: readonly SpentOutput[]): string {
  const inputs = outputs.map(({ outpoint }) => ({ prevout: outpoint, scriptSig: NOTHING, sequence: 0, witness: [] }))
  const scripts = outputs.map(({ script }) => ({ value: satoshi(0), script }))
  return toText(encodeTx({ version: 0, inputs, outputs: scripts, lockTime: 0 }, { witness: false }))
}

function unpackOutputs(text: string): readonly SpentOutput[] {
  const { inputs, outputs } = decodeTx(toBytes(text))
  return inputs.map(({ prevout }, i) => ({ outpoint: prevout, script: outputs[i]?.script ?? NOTHING }))
}

const NOTHING = new Uint8Array()
const toText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
const toBytes = (packedBytes: string | Uint8Array): Uint8Array =>
  typeof packedBytes === 'string' ? Buffer.from(packedBytes, 'base64') : packedBytes

const isTransaction = (value: object): value is Transaction =>
  'inputs' in value &&
  'outputs' in value &&
  'lockTime' in value &&
  Array.isArray(value.inputs) &&
  value.inputs.length > 0

/** Nothing but outpoints and scripts: what else stands with them would be lost. */
const isSpentOutputs = (value: object): value is readonly SpentOutput[] =>
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
