import { decodeTx, encodeTx } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'

/** How a transaction stands in a record: a batch's has thousands of parts, which is dear as text. */
interface PackedTransaction {
  readonly serializedTx: Uint8Array
}

/** The record with every transaction in it serialised. */
export function packed(value: unknown): unknown {
  return mapped(value, (object) =>
    isTransaction(object) ? { serializedTx: encodeTx(object, { witness: true }) } : undefined,
  )
}

/** The record as it was. @throws TransactionError BAD_TRANSACTION */
export function unpacked(value: unknown): unknown {
  return mapped(value, (object) => (isPacked(object) ? decodeTx(object.serializedTx) : undefined))
}

const isTransaction = (value: object): value is Transaction =>
  'inputs' in value &&
  'outputs' in value &&
  'lockTime' in value &&
  Array.isArray(value.inputs) &&
  value.inputs.length > 0

const isPacked = (value: object): value is PackedTransaction =>
  'serializedTx' in value && value.serializedTx instanceof Uint8Array

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
