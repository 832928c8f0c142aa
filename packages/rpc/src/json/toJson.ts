import { toHex } from '@tidepool/crypto'
import { messageFields } from '../gen/schema.ts'
import type { MessageName, MessageOf } from '../codec/message.ts'
import { isWide } from '../codec/scalars.ts'
import type { FieldSchema } from '../codec/schema.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

export interface JsonOptions {
  /** REST speaks base64, the stock command line lower-case hex. Default base64. */
  readonly bytes?: 'base64' | 'hex'
}

type Values = Readonly<Record<string, unknown>>

function bytesToJson(bytes: Uint8Array, options: JsonOptions): string {
  return options.bytes === 'hex' ? toHex(bytes) : Buffer.from(bytes).toString('base64')
}

function enumToJson(name: string): JsonValue {
  const number = /^UNRECOGNIZED_(-?\d+)$/.exec(name)?.[1]
  return number === undefined ? name : Number(number)
}

function valueToJson(field: FieldSchema, value: unknown, options: JsonOptions): JsonValue {
  if (value === undefined) return null
  if (field.type === 'message') return messageToJson(field.typeName ?? '', value as Values, options)
  if (field.type === 'enum') return enumToJson(value as string)
  if (field.type === 'bytes') return bytesToJson(value as Uint8Array, options)
  if (isWide(field.type)) return (value as bigint).toString()
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : (value as JsonValue)
}

function fieldToJson(field: FieldSchema, value: unknown, options: JsonOptions): JsonValue {
  if (field.mapKey !== undefined) {
    const entries = [...(value as ReadonlyMap<unknown, unknown>)].map(
      ([key, item]) => [String(key), valueToJson(field, item, options)] as const,
    )
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  }
  if (field.repeated) return Array.from(value as Iterable<unknown>, (item) => valueToJson(field, item, options))
  return valueToJson(field, value, options)
}

function messageToJson(message: string, values: Values, options: JsonOptions): JsonValue {
  const out: Record<string, JsonValue> = {}
  for (const field of messageFields[message] ?? []) {
    if (field.oneof === undefined) {
      out[field.protoName] = fieldToJson(field, values[field.name], options)
      continue
    }
    const chosen = values[field.oneof] as { readonly case: string; readonly value: unknown } | undefined
    if (chosen?.case === field.name) out[field.protoName] = valueToJson(field, chosen.value, options)
  }
  return out
}

/**
 * JSON as the stock gateway and command line write it: names as in the .proto file, every field present (unset
 * messages null, unset members of a oneof absent), 64-bit numbers as text, enums by name.
 */
export const toJson = <N extends MessageName>(name: N, message: MessageOf<N>, options: JsonOptions = {}): JsonValue =>
  messageToJson(name, message as Values, options)
