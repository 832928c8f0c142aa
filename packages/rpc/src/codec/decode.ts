import { messageFields } from '../gen/schema.ts'
import { enumFromNumber } from './enums.ts'
import { CodecError } from './errors.ts'
import { MessageList } from './messageList.ts'
import { scalarDefault } from './scalars.ts'
import type { FieldSchema, FieldType } from './schema.ts'
import {
  DELIMITED,
  MAX_DEPTH,
  ownBytes,
  passDelimited,
  readerOf as wireReaderOf,
  signed,
  unsigned,
  wireTypeOf,
} from './wireReader.ts'
import type { WireReader } from './wireReader.ts'

type Decoded = Record<string, unknown>

/** How a field is read, worked out once. */
interface FieldPlan {
  readonly field: FieldSchema
  /** Wire type of one value. */
  readonly wireType: number
  /** Reads one value that is no message. */
  readonly read: (reader: WireReader) => unknown
}

interface MessagePlan {
  readonly fields: readonly FieldSchema[]
  readonly byNumber: ReadonlyMap<number, FieldPlan>
}

const READ: Record<Exclude<FieldType, 'message' | 'enum'>, (reader: WireReader) => unknown> = {
  double: (reader) => reader.double(),
  float: (reader) => reader.float(),
  int64: (reader) => signed(reader.int64()),
  uint64: (reader) => unsigned(reader.uint64()),
  int32: (reader) => reader.int32(),
  fixed64: (reader) => unsigned(reader.fixed64()),
  fixed32: (reader) => reader.fixed32(),
  bool: (reader) => reader.bool(),
  string: (reader) => reader.stringVerify(),
  bytes: ownBytes,
  uint32: (reader) => reader.uint32(),
  sfixed32: (reader) => reader.sfixed32(),
  sfixed64: (reader) => signed(reader.sfixed64()),
  sint32: (reader) => reader.sint32(),
  sint64: (reader) => signed(reader.sint64()),
}

function readerOf({ type, typeName = '' }: FieldSchema): (reader: WireReader) => unknown {
  if (type === 'enum') return (reader) => enumFromNumber(typeName, reader.int32())
  return type === 'message' ? unreadable : READ[type]
}

const unreadable = (): never => {
  throw new Error('messages are read by their plan')
}

const plans = new Map<string, MessagePlan>()

/** @throws CodecError UNKNOWN_MESSAGE */
function planOf(message: string): MessagePlan {
  const known = plans.get(message)
  if (known !== undefined) return known
  const fields = messageFields[message]
  if (fields === undefined) {
    throw new CodecError({ code: 'UNKNOWN_MESSAGE', message }, `there is no message ${message}`)
  }
  const byNumber = fields.map((field): [number, FieldPlan] => [
    field.number,
    { field, wireType: field.mapKey === undefined ? wireTypeOf(field.type) : DELIMITED, read: readerOf(field) },
  ])
  const plan = { fields, byNumber: new Map(byNumber) }
  plans.set(message, plan)
  return plan
}

function absent({ mapKey, repeated, type, typeName, optional }: FieldSchema): unknown {
  if (mapKey !== undefined) return new Map()
  if (repeated) return []
  return type === 'message' || optional ? undefined : zeroOf(type, typeName)
}

function zeroOf(type: FieldType, typeName = ''): unknown {
  if (type === 'message') return empty(planOf(typeName))
  return type === 'enum' ? enumFromNumber(typeName, 0) : scalarDefault(type)
}

/** Every property is there, oneofs are unions. */
function empty({ fields }: MessagePlan, reader: WireReader = NOTHING): Decoded {
  const out: Decoded = {}
  for (const field of fields) {
    if (field.list) out[field.name] = new MessageList(field.typeName ?? '', reader, decoderOf(field))
    else out[field.oneof ?? field.name] = field.oneof === undefined ? absent(field) : undefined
  }
  return out
}

const NOTHING = wireReaderOf(new Uint8Array())

const decoderOf =
  ({ typeName = '' }: FieldSchema) =>
  (reader: WireReader): unknown =>
    readMessage(reader, planOf(typeName), 0)

/** What follows, to the end of the reader's part; into what was read of the same message before. */
function readMessage(
  reader: WireReader,
  plan: MessagePlan,
  depth: number,
  out: Decoded = empty(plan, reader),
): Decoded {
  if (depth > MAX_DEPTH) throw new Error('too deep')
  while (reader.pos < reader.len) {
    const tag = reader.tag()
    const [number, wireType] = [tag >>> 3, tag & 7]
    const known = plan.byNumber.get(number)
    if (known?.wireType === wireType) readField(reader, known, out, depth)
    else if (wireType === DELIMITED && isPackable(known)) readPacked(reader, known, out)
    else reader.skipType(wireType, depth, number)
  }
  return out
}

const isPackable = (plan: FieldPlan | undefined): plan is FieldPlan => plan?.field.repeated === true

function readField(reader: WireReader, plan: FieldPlan, out: Decoded, depth: number): void {
  const { field } = plan
  const { name, oneof } = field
  if (field.list) (out[name] as MessageList<unknown>).add(reader)
  else if (field.mapKey !== undefined) readEntry(reader, field, out[name] as Map<unknown, unknown>, depth)
  else if (field.repeated) (out[name] as unknown[]).push(readValue(reader, plan, depth, undefined))
  else if (oneof === undefined) out[name] = readValue(reader, plan, depth, out[name])
  else {
    const before = out[oneof] as { readonly case: string; readonly value: unknown } | undefined
    const value = readValue(reader, plan, depth, before?.case === name ? before.value : undefined)
    out[oneof] = { case: name, value }
  }
}

/** Parts of one message make one message. */
function readValue(reader: WireReader, { field, read }: FieldPlan, depth: number, before: unknown): unknown {
  if (field.type !== 'message') return read(reader)
  return within(reader, () =>
    readMessage(reader, planOf(field.typeName ?? ''), depth + 1, before as Decoded | undefined),
  )
}

function readPacked(reader: WireReader, { field, read }: FieldPlan, out: Decoded): void {
  within(reader, () => {
    while (reader.pos < reader.len) (out[field.name] as unknown[]).push(read(reader))
  })
}

/** A map's entry is a message of a key and a value. */
function readEntry(reader: WireReader, field: FieldSchema, map: Map<unknown, unknown>, depth: number): void {
  const { mapKey: keyType = 'string', type, typeName } = field
  const plan = { field, wireType: wireTypeOf(type), read: readerOf(field) }
  let [key, value]: [unknown, unknown] = [scalarDefault(keyType), undefined]
  within(reader, () => {
    while (reader.pos < reader.len) {
      const tag = reader.tag()
      const [number, wireType] = [tag >>> 3, tag & 7]
      if (number === 1 && wireType === wireTypeOf(keyType)) key = readerOf({ ...field, type: keyType })(reader)
      else if (number === 2 && wireType === plan.wireType) value = readValue(reader, plan, depth, value)
      else reader.skipType(wireType, depth, number)
    }
  })
  map.set(key, value ?? zeroOf(type, typeName))
}

/** Reads a value with its length in front, and nothing beyond it. */
function within<T>(reader: WireReader, read: () => T): T {
  const { len } = reader
  const from = passDelimited(reader)
  reader.len = reader.pos
  reader.pos = from
  const value = read()
  reader.len = len
  return value
}

/** In one pass: a batch's messages hold thousands of values. @throws CodecError MALFORMED_MESSAGE */
export function decodeUntyped(message: string, bytes: Uint8Array): Record<string, unknown> {
  const plan = planOf(message)
  try {
    return readMessage(wireReaderOf(bytes), plan, 0)
  } catch (cause) {
    throw new CodecError({ code: 'MALFORMED_MESSAGE', message }, `received bytes are no ${message}`, { cause })
  }
}
