import { messageFields, type FieldSchema } from '@tidepool/rpc'

/** The way from a message down to one of its bytes fields. */
export type FieldPath = readonly FieldSchema[]

const DEPTH = 5

/** Every bytes field of a message, at any depth. */
export function bytesFieldsOf(message: string, depth = DEPTH): readonly FieldPath[] {
  if (depth === 0) return []
  return (messageFields[message] ?? []).flatMap((field): readonly FieldPath[] => {
    if (field.type === 'bytes') return [[field]]
    if (field.type !== 'message' || field.typeName === undefined) return []
    return bytesFieldsOf(field.typeName, depth - 1).map((rest) => [field, ...rest])
  })
}

export const nameOf = (path: FieldPath): string => path.map((field) => field.protoName).join('.')

type Values = Readonly<Record<string, unknown>>

/** The message with this one field set, and everything on the way to it; the rest of `base` stays. */
export function withBytes(path: FieldPath, bytes: Uint8Array, base: Values = {}): Values {
  const [field, ...rest] = path
  if (field === undefined) return base
  const old = valueAt(field, base)
  const value = rest.length === 0 ? bytes : withBytes(rest, bytes, isValues(old) ? old : {})
  if (field.oneof !== undefined) return { ...base, [field.oneof]: { case: field.name, value } }
  return { ...base, [field.name]: collected(field, value) }
}

function valueAt(field: FieldSchema, base: Values): unknown {
  if (field.oneof !== undefined) {
    const chosen = base[field.oneof] as { readonly case: string; readonly value: unknown } | undefined
    return chosen?.case === field.name ? chosen.value : undefined
  }
  const value = base[field.name]
  return Array.isArray(value) ? (value[0] as unknown) : value
}

function collected(field: FieldSchema, value: unknown): unknown {
  if (field.mapKey !== undefined) return new Map([[field.mapKey === 'string' ? '02'.repeat(33) : 1, value]])
  return field.repeated === true ? [value] : value
}

const isValues = (value: unknown): value is Values => typeof value === 'object' && value !== null

/** No key, no hash, no signature, no transaction looks like this. */
export const MALFORMED: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ['one byte', Uint8Array.of(7)],
  ['33 bytes that are no point', new Uint8Array(33).fill(0xff)],
  ['34 bytes', new Uint8Array(34).fill(2)],
  ['4096 bytes', new Uint8Array(4096).fill(0x30)],
]
