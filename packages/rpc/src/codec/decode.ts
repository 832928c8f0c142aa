import { messageFields } from '../gen/schema.ts'
import { enumFromNumber } from './enums.ts'
import { CodecError } from './errors.ts'
import { loadedMessage } from './protos.ts'
import { mapKeyFromText, scalarDefault, scalarFromPlain } from './scalars.ts'
import type { FieldSchema } from './schema.ts'

type Plain = Readonly<Record<string, unknown>>

function valueFromPlain(field: FieldSchema, value: unknown): unknown {
  if (field.type === 'message') return messageFromPlain(field.typeName ?? '', value as Plain)
  if (field.type === 'enum') return enumFromNumber(field.typeName ?? '', value as number)
  return scalarFromPlain(field.type, value)
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
export function messageFromPlain(message: string, plain: Plain): Record<string, unknown> {
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

/** @throws CodecError MALFORMED_MESSAGE */
export function decodeUntyped(message: string, bytes: Uint8Array): Record<string, unknown> {
  const codec = loadedMessage(message)
  let plain: Plain
  try {
    plain = codec.deserialize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch (cause) {
    throw new CodecError({ code: 'MALFORMED_MESSAGE', message }, `received bytes are no ${message}`, { cause })
  }
  return messageFromPlain(message, plain)
}
