import { messageFields } from '../gen/schema.ts'
import { enumToNumber } from './enums.ts'
import { CodecError } from './errors.ts'
import { MessageList } from './messageList.ts'
import { scalarCheck, wrongType } from './scalars.ts'
import type { Place, Scalar } from './scalars.ts'
import type { FieldSchema, FieldType } from './schema.ts'
import { DELIMITED, wireTypeOf } from './wireReader.ts'
import { WRITE, newWriter } from './wireWriter.ts'
import type { WireWriter } from './wireWriter.ts'

/** What is written, and where in the message it is. */
class Output implements Place {
  readonly writer: WireWriter = newWriter()
  readonly #message: string
  readonly #steps: (string | number)[] = []

  constructor(message: string) {
    this.#message = message
  }

  path(): string {
    const steps = this.#steps.map((step) => (typeof step === 'number' ? `[${step}]` : step))
    return this.#message + steps.join('')
  }

  enter(step: string | number): void {
    this.#steps.push(step)
  }

  leave(): void {
    this.#steps.pop()
  }
}

/** How a field is written, worked out once. */
interface FieldPlan {
  readonly field: FieldSchema
  /** Path from its message. */
  readonly step: string
  readonly tag: number
  /** Left out when it is zero or empty. */
  readonly implicit: boolean
  readonly checked: (value: unknown, out: Output) => Scalar
  /** Writes one checked value that is no message. */
  readonly write: (writer: WireWriter, value: Scalar) => void
  /** Of a map: its entries are messages of a key and a value. */
  readonly entry?: { readonly key: FieldPlan; readonly value: FieldPlan }
}

interface MessagePlan {
  /** By number: whatever the order of its properties, a message has one encoding. */
  readonly fields: readonly FieldPlan[]
  /** What may stand under each property: a field, or one of a oneof's. */
  readonly members: ReadonlyMap<string, ReadonlySet<unknown> | undefined>
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
  const cases = (oneof: string): ReadonlySet<unknown> =>
    new Set(fields.filter((field) => field.oneof === oneof).map((field) => field.name))
  const plan = {
    fields: fields.toSorted((one, other) => one.number - other.number).map(fieldPlan),
    members: new Map(fields.map(({ name, oneof }) => [oneof ?? name, oneof === undefined ? oneof : cases(oneof)])),
  }
  plans.set(message, plan)
  return plan
}

function fieldPlan(field: FieldSchema): FieldPlan {
  const { number, name, type, typeName = '', mapKey, repeated, oneof, optional } = field
  const packed = repeated === true && wireTypeOf(type) !== DELIMITED
  const wireType = packed || mapKey !== undefined ? DELIMITED : wireTypeOf(type)
  return {
    field,
    step: oneof === undefined ? `.${name}` : `.${oneof}.${name}`,
    tag: ((number << 3) | wireType) >>> 0,
    implicit: !(repeated || optional || oneof !== undefined),
    ...valuePlan(type, typeName),
    ...(mapKey !== undefined && { entry: entryPlan(type, typeName, mapKey) }),
  }
}

function valuePlan(type: FieldType, typeName: string): Pick<FieldPlan, 'checked' | 'write'> {
  if (type === 'enum') {
    return { checked: (value, out) => enumToNumber(typeName, value, out), write: WRITE.int32 }
  }
  return type === 'message'
    ? { checked: noScalar, write: noScalar }
    : { checked: scalarCheck(type), write: WRITE[type] }
}

const noScalar = (): never => {
  throw new Error('messages are written by their plan')
}

function entryPlan(type: FieldType, typeName: string, mapKey: FieldType): NonNullable<FieldPlan['entry']> {
  const part = (name: string, number: number): Pick<FieldSchema, 'name' | 'protoName' | 'number' | 'optional'> => ({
    name,
    protoName: name,
    number,
    optional: true,
  })
  return {
    key: fieldPlan({ ...part('key', 1), type: mapKey }),
    value: fieldPlan({ ...part('value', 2), type, typeName }),
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !ArrayBuffer.isView(value) &&
  !(value instanceof Map)

function recordOf(value: unknown, place: Place): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw wrongType(place, 'a message')
  return value
}

function putMessage(out: Output, { fields, members }: MessagePlan, value: unknown): void {
  const record = recordOf(value, out)
  for (const key of Object.keys(record)) checkMember(out, members, key, record[key])
  for (const plan of fields) {
    const { name, oneof } = plan.field
    const given = record[oneof ?? name]
    if (given === undefined) continue
    out.enter(plan.step)
    if (oneof === undefined) putField(out, plan, given)
    else if ((given as Chosen).case === name) putField(out, plan, (given as Chosen).value)
    out.leave()
  }
}

interface Chosen {
  readonly case: string
  readonly value: unknown
}

function checkMember(out: Output, members: MessagePlan['members'], key: string, value: unknown): void {
  const cases = members.get(key)
  if (cases === undefined && !members.has(key)) throw unknownField(out, `.${key}`)
  if (cases === undefined || value === undefined) return
  out.enter(`.${key}`)
  const chosen = recordOf(value, out)
  const stray = Object.keys(chosen).find((name) => name !== 'case' && name !== 'value')
  if (stray !== undefined) throw unknownField(out, `.${stray}`)
  if (!cases.has(chosen['case'])) throw unknownField(out, `.${String(chosen['case'])}`)
  out.leave()
}

function unknownField(place: Place, step: string): CodecError {
  const field = place.path() + step
  return new CodecError({ code: 'UNKNOWN_FIELD', field }, `${field}: there is no such field`)
}

function putField(out: Output, plan: FieldPlan, value: unknown): void {
  if (plan.entry !== undefined) putEntries(out, plan.tag, plan.entry, value)
  else if (plan.field.repeated === true) putList(out, plan, value)
  else putValue(out, plan, value)
}

function putValue(out: Output, { field, tag, implicit, checked, write }: FieldPlan, value: unknown): void {
  if (field.type === 'message') {
    out.writer.uint32(tag).fork()
    putMessage(out, planOf(field.typeName ?? ''), value)
    out.writer.ldelim()
    return
  }
  const scalar = checked(value, out)
  if (implicit && isZero(scalar)) return
  out.writer.uint32(tag)
  write(out.writer, scalar)
}

function isZero(value: Scalar): boolean {
  if (typeof value === 'number') return value === 0
  return value instanceof Uint8Array ? value.length === 0 : !value
}

function putList(out: Output, plan: FieldPlan, value: unknown): void {
  const items: unknown = value instanceof MessageList ? [...value] : value
  if (!Array.isArray(items)) throw wrongType(out, 'an array')
  if (items.length === 0) return
  const packed = wireTypeOf(plan.field.type) !== DELIMITED
  if (packed) out.writer.uint32(plan.tag).fork()
  for (const [index, item] of items.entries()) {
    out.enter(index)
    if (packed) plan.write(out.writer, plan.checked(item, out))
    else putValue(out, plan, item)
    out.leave()
  }
  if (packed) out.writer.ldelim()
}

function putEntries(out: Output, tag: number, entry: NonNullable<FieldPlan['entry']>, value: unknown): void {
  if (!(value instanceof Map)) throw wrongType(out, 'a Map')
  for (const [key, item] of value) {
    out.writer.uint32(tag).fork()
    out.enter(' key')
    putValue(out, entry.key, key)
    out.leave()
    out.enter(`[${String(key)}]`)
    putValue(out, entry.value, item)
    out.leave()
    out.writer.ldelim()
  }
}

/**
 * In one pass, every value checked: what passes is encoded as it is.
 * @throws CodecError UNKNOWN_FIELD, WRONG_TYPE, VALUE_OUT_OF_RANGE, BAD_ENUM
 */
export function encodeUntyped(message: string, value: unknown): Buffer {
  const out = new Output(message)
  putMessage(out, planOf(message), value)
  return out.writer.finish() as Buffer
}
