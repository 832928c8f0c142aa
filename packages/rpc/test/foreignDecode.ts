import { messageFields } from '../src/gen/schema.ts'
import { enumFromNumber } from '../src/codec/enums.ts'
import { loadedMessage } from '../src/codec/protos.ts'
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
