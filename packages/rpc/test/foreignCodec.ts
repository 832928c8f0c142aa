import { messageFields } from '../src/gen/schema.ts'
import { enumFromNumber, enumToNumber } from '../src/codec/enums.ts'
import { loadedMessage } from './protos.ts'
import { isWide, mapKeyFromText, scalarDefault } from '../src/codec/scalars.ts'
import type { FieldSchema } from '../src/codec/schema.ts'

type Plain = Readonly<Record<string, unknown>>

function valueFromPlain(field: FieldSchema, value: unknown): unknown {
  if (field.type === 'message') return messageFromPlain(field.typeName ?? '', value as Plain)
  if (field.type === 'enum') return enumFromNumber(field.typeName ?? '', value as number)
  if (isWide(field.type)) return BigInt(value as string)
  return field.type === 'bytes' ? new Uint8Array(value as Uint8Array) : value
}

function absent(field: FieldSchema): unknown {
  if (field.mapKey !== undefined) return new Map()
  if (field.repeated) return []
  if (field.type === 'message' || field.optional) return undefined
  return field.type === 'enum' ? enumFromNumber(field.typeName ?? '', 0) : scalarDefault(field.type)
}

function present(field: FieldSchema, value: unknown): unknown {
  if (field.mapKey !== undefined) {
    const key = field.mapKey
    const entries = Object.entries(value as Plain)
    return new Map(entries.map(([text, item]) => [mapKeyFromText(key, text), valueFromPlain(field, item)]))
  }
  if (field.repeated) return (value as readonly unknown[]).map((item) => valueFromPlain(field, item))
  return valueFromPlain(field, value)
}

/** From the loader's form to ours: every property is there, oneofs are unions. */
function messageFromPlain(message: string, plain: Plain): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const field of messageFields[message] ?? []) {
    const value = plain[field.protoName]
    const isSet = value !== undefined && value !== null
    if (field.oneof === undefined) out[field.name] = isSet ? present(field, value) : absent(field)
    else if (isSet) out[field.oneof] = { case: field.name, value: present(field, value) }
    else out[field.oneof] ??= undefined
  }
  return out
}

/** The message as protobufjs decodes it. Throws for what it cannot read. */
export const foreignDecode = (message: string, bytes: Uint8Array): Record<string, unknown> =>
  messageFromPlain(message, loadedMessage(message).deserialize(Buffer.from(bytes)))

function valueToPlain(field: FieldSchema, value: unknown): unknown {
  if (field.type === 'message') return messageToPlain(field.typeName ?? '', value as Plain)
  if (field.type === 'enum') return enumToNumber(field.typeName ?? '', value, { path: () => field.name })
  return isWide(field.type) ? String(value) : value
}

function fieldToPlain(field: FieldSchema, value: unknown): unknown {
  if (field.mapKey !== undefined) {
    const entries = [...(value as ReadonlyMap<unknown, unknown>)]
    return Object.fromEntries(entries.map(([key, item]) => [String(key), valueToPlain(field, item)]))
  }
  if (field.repeated) return (value as readonly unknown[]).map((item) => valueToPlain(field, item))
  return valueToPlain(field, value)
}

const isImplicit = ({ mapKey, repeated, type, optional, oneof }: FieldSchema): boolean =>
  !(mapKey !== undefined || repeated || type === 'message' || optional || oneof !== undefined)

const isZero = (value: unknown): boolean =>
  value === 0 || value === '0' || value === false || value === '' || (value as Uint8Array).length === 0

/** The loader's form of a message that is known to be sound; what reads as zero anyway is left out. */
function messageToPlain(message: string, value: Plain): Plain {
  const out: Record<string, unknown> = {}
  for (const field of messageFields[message] ?? []) {
    const chosen = field.oneof === undefined ? undefined : (value[field.oneof] as Plain | undefined)
    const given = field.oneof === undefined ? value[field.name] : chosen?.['value']
    if (given === undefined || (chosen !== undefined && chosen['case'] !== field.name)) continue
    const plain = fieldToPlain(field, given)
    if (!(isImplicit(field) && isZero(plain))) out[field.protoName] = plain
  }
  return out
}

/** The message as protobufjs encodes it. */
export const foreignEncode = (message: string, value: Plain): Buffer =>
  loadedMessage(message).serialize(messageToPlain(message, value))
