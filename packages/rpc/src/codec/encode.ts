import { messageFields } from '../gen/schema.ts'
import { enumToNumber } from './enums.ts'
import { CodecError } from './errors.ts'
import { MessageList } from './messageList.ts'
import { loadedMessage } from './protos.ts'
import { isDefaultScalar, scalarToPlain } from './scalars.ts'
import type { FieldSchema } from './schema.ts'

type Plain = Record<string, unknown>

/** What may stand under each property of one message: a field, or a oneof's fields by case. */
type Members = ReadonlyMap<string, FieldSchema | ReadonlyMap<string, FieldSchema>>

const membersByMessage = new Map<string, Members>()

/** @throws CodecError UNKNOWN_MESSAGE */
function membersOf(message: string): Members {
  const known = membersByMessage.get(message)
  if (known !== undefined) return known
  const fields = messageFields[message]
  if (fields === undefined) {
    throw new CodecError({ code: 'UNKNOWN_MESSAGE', message }, `there is no message ${message}`)
  }
  const members = new Map<string, FieldSchema | Map<string, FieldSchema>>()
  for (const field of fields) {
    if (field.oneof === undefined) {
      members.set(field.name, field)
      continue
    }
    const cases = members.get(field.oneof)
    if (cases instanceof Map) cases.set(field.name, field)
    else members.set(field.oneof, new Map([[field.name, field]]))
  }
  membersByMessage.set(message, members)
  return members
}

function wrongType(field: string, expected: string): CodecError {
  return new CodecError({ code: 'WRONG_TYPE', field, expected }, `${field}: expected ${expected}`)
}

function unknownField(field: string): CodecError {
  return new CodecError({ code: 'UNKNOWN_FIELD', field }, `${field}: there is no such field`)
}

function recordOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  const isRecord =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof Map)
  if (!isRecord) throw wrongType(path, 'a message')
  return value as Readonly<Record<string, unknown>>
}

function valueToPlain(field: FieldSchema, value: unknown, path: string): unknown {
  if (field.type === 'message') return messageToPlain(field.typeName ?? '', value, path)
  if (field.type === 'enum') return enumToNumber(field.typeName ?? '', value, path)
  return scalarToPlain(field.type, value, path)
}

function mapToPlain(field: FieldSchema, value: unknown, path: string): Plain {
  if (!(value instanceof Map)) throw wrongType(path, 'a Map')
  const entries = [...value].map(([key, item]): [string, unknown] => {
    const text = String(scalarToPlain(field.mapKey ?? 'string', key, `${path} key`))
    return [text, valueToPlain(field, item, `${path}[${text}]`)]
  })
  return Object.fromEntries(entries)
}

function putField(out: Plain, field: FieldSchema, value: unknown, path: string): void {
  if (field.mapKey !== undefined) {
    out[field.protoName] = mapToPlain(field, value, path)
  } else if (field.repeated) {
    const items: unknown = value instanceof MessageList ? [...value] : value
    if (!Array.isArray(items)) throw wrongType(path, 'an array')
    out[field.protoName] = items.map((item, index) => valueToPlain(field, item, `${path}[${index}]`))
  } else {
    const plain = valueToPlain(field, value, path)
    const implicit = field.type !== 'message' && field.optional !== true && field.oneof === undefined
    const skip = implicit && (field.type === 'enum' ? plain === 0 : isDefaultScalar(field.type, value))
    if (!skip) out[field.protoName] = plain
  }
}

function putOneof(out: Plain, cases: ReadonlyMap<string, FieldSchema>, value: unknown, path: string): void {
  const chosen = recordOf(value, path)
  const stray = Object.keys(chosen).find((key) => key !== 'case' && key !== 'value')
  if (stray !== undefined) throw unknownField(`${path}.${stray}`)
  const field = typeof chosen['case'] === 'string' ? cases.get(chosen['case']) : undefined
  if (field === undefined) throw unknownField(`${path}.${String(chosen['case'])}`)
  putField(out, field, chosen['value'], `${path}.${field.name}`)
}

/**
 * The loader's form of a message, every value checked: what passes is encoded as it is.
 * @throws CodecError UNKNOWN_FIELD, WRONG_TYPE, VALUE_OUT_OF_RANGE, BAD_ENUM
 */
export function messageToPlain(message: string, value: unknown, path: string = message): Plain {
  const members = membersOf(message)
  const out: Plain = {}
  for (const [key, item] of Object.entries(recordOf(value, path))) {
    const member = members.get(key)
    if (member === undefined) throw unknownField(`${path}.${key}`)
    if (item === undefined) continue
    if (member instanceof Map) putOneof(out, member, item, `${path}.${key}`)
    else putField(out, member as FieldSchema, item, `${path}.${key}`)
  }
  return out
}

/** @throws CodecError */
export const encodeUntyped = (message: string, value: unknown): Buffer =>
  loadedMessage(message).serialize(messageToPlain(message, value))
