import { enumValues, messageFields } from '../gen/schema.ts'
import { enumFromNumber } from '../codec/enums.ts'
import type { InitOf, MessageName } from '../codec/message.ts'
import { isWide, mapKeyFromText } from '../codec/scalars.ts'
import type { FieldSchema } from '../codec/schema.ts'
import { badJson } from './errors.ts'

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/
const INTEGER = /^-?(0|[1-9][0-9]*)$/

function bytesFromJson(value: unknown, path: string): Uint8Array {
  if (typeof value !== 'string' || !BASE64.test(value)) throw badJson(path, 'base64 text')
  return new Uint8Array(Buffer.from(value, 'base64'))
}

function enumFromJson(enumName: string, value: unknown, path: string): string {
  if (typeof value === 'number' && Number.isInteger(value)) return enumFromNumber(enumName, value)
  if (typeof value === 'string' && Object.hasOwn(enumValues[enumName] ?? {}, value)) return value
  throw badJson(path, `one of ${Object.keys(enumValues[enumName] ?? {}).join(', ')}`)
}

function wideFromJson(value: unknown, path: string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'string' && INTEGER.test(value)) return BigInt(value)
  throw badJson(path, 'a whole number')
}

function numberFromJson(field: FieldSchema, value: unknown, path: string): number {
  const isFloat = field.type === 'double' || field.type === 'float'
  if (typeof value === 'number') return value
  if (typeof value === 'string' && (isFloat ? value.trim() !== '' : INTEGER.test(value))) {
    const number = Number(value)
    if (!Number.isNaN(number) || value === 'NaN') return number
  }
  throw badJson(path, 'a number')
}

function valueFromJson(field: FieldSchema, value: unknown, path: string): unknown {
  if (field.type === 'message') return messageFromJson(field.typeName ?? '', value, path)
  if (field.type === 'enum') return enumFromJson(field.typeName ?? '', value, path)
  if (field.type === 'bytes') return bytesFromJson(value, path)
  if (field.type === 'string' || field.type === 'bool') {
    const wanted = field.type === 'string' ? 'string' : 'boolean'
    if (typeof value !== wanted) throw badJson(path, `a ${wanted}`)
    return value
  }
  return isWide(field.type) ? wideFromJson(value, path) : numberFromJson(field, value, path)
}

function recordOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badJson(path, 'an object')
  return value as Readonly<Record<string, unknown>>
}

function fieldFromJson(field: FieldSchema, value: unknown, path: string): unknown {
  const { mapKey } = field
  if (mapKey !== undefined) {
    const entries = Object.entries(recordOf(value, path))
    return new Map(
      entries.map(([key, item]) => [mapKeyFromText(mapKey, key), valueFromJson(field, item, `${path}.${key}`)]),
    )
  }
  if (field.repeated) {
    if (!Array.isArray(value)) throw badJson(path, 'an array')
    return value.map((item, index) => valueFromJson(field, item, `${path}[${index}]`))
  }
  return valueFromJson(field, value, path)
}

function messageFromJson(message: string, json: unknown, path: string): Record<string, unknown> {
  const fields = messageFields[message] ?? []
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(recordOf(json, path))) {
    const at = path === '' ? key : `${path}.${key}`
    const field = fields.find((candidate) => candidate.protoName === key || candidate.name === key)
    if (field === undefined) throw badJson(at, 'no field of this name')
    if (value === null) continue
    const place = field.oneof ?? field.name
    if (out[place] !== undefined) throw badJson(at, 'one value, not two')
    const read = fieldFromJson(field, value, at)
    out[place] = field.oneof === undefined ? read : { case: field.name, value: read }
  }
  return out
}

/**
 * A message from JSON as the stock gateway takes it: names in snake or camel case, no unknown ones; bytes in either
 * base64 alphabet; enums by name or number. Ranges are checked when the message is sent.
 * @throws JsonError BAD_JSON
 */
export const fromJson = <N extends MessageName>(name: N, json: unknown): InitOf<N> =>
  messageFromJson(name, json, '') as InitOf<N>
