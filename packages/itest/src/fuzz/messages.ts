import fc from 'fast-check'
import { messageFields } from '@tidepool/rpc'
import type { FieldSchema } from '@tidepool/rpc'

/** Values that mean something to who reads them. */
export interface Pool {
  readonly bytes: readonly Uint8Array[]
  readonly strings: readonly string[]
  readonly numbers: readonly number[]
}

const MAX_DEPTH = 5
const UINT32 = 2 ** 32 - 1
const INT31 = 2 ** 31 - 1

const wholeBelow = (max: number, pool: Pool): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...pool.numbers.filter((number) => number <= max)) },
    fc.integer({ min: 0, max }),
    fc.constantFrom(0, 1, max),
  )

const bigBelow = (max: bigint, pool: Pool): fc.Arbitrary<bigint> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...pool.numbers).map(BigInt) },
    fc.bigInt({ min: 0n, max }),
    fc.constantFrom(0n, 1n, max),
  )

function scalar(field: FieldSchema, pool: Pool): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'bool':
      return fc.boolean()
    case 'string':
      return fc.oneof(fc.constantFrom(...pool.strings), fc.string({ unit: 'binary', maxLength: 40 }))
    case 'bytes':
      return fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...pool.bytes) },
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom(...[32, 33, 34, 64, 65, 66].map((length) => new Uint8Array(length).fill(2))),
      )
    case 'double':
    case 'float':
      return fc.double()
    case 'int32':
    case 'sint32':
    case 'sfixed32':
      return fc.oneof(wholeBelow(INT31, pool), fc.constantFrom(-1, -(2 ** 31)))
    case 'uint32':
    case 'fixed32':
      return wholeBelow(UINT32, pool)
    case 'int64':
    case 'sint64':
    case 'sfixed64':
      return fc.oneof(bigBelow(2n ** 63n - 1n, pool), fc.constantFrom(-1n, -(2n ** 63n)))
    case 'uint64':
    case 'fixed64':
      return bigBelow(2n ** 64n - 1n, pool)
    case 'enum':
      return fc.integer({ min: 0, max: 6 }).map((number) => `UNRECOGNIZED_${number}`)
    case 'message':
      throw new Error('a message is no scalar')
  }
}

const valueOf = (field: FieldSchema, pool: Pool, depth: number): fc.Arbitrary<unknown> =>
  field.type === 'message' ? message(field.typeName ?? '', pool, depth + 1) : scalar(field, pool)

function fieldOf(field: FieldSchema, pool: Pool, depth: number): fc.Arbitrary<unknown> {
  const value = valueOf(field, pool, depth)
  if (field.mapKey !== undefined) {
    const key = scalar({ ...field, type: field.mapKey }, pool)
    return fc.array(fc.tuple(key, value), { maxLength: 3 }).map((entries) => new Map(entries))
  }
  return field.repeated === true ? fc.array(value, { maxLength: 3 }) : value
}

/** A message that can be sent, most of its fields set, many to something that fits. */
export function message(name: string, pool: Pool, depth = 0): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const fields = depth > MAX_DEPTH ? [] : (messageFields[name] ?? [])
  const oneofs = new Map<string, fc.Arbitrary<unknown>[]>()
  for (const field of fields) {
    if (field.oneof === undefined) continue
    const member = fc.record({ case: fc.constant(field.name), value: valueOf(field, pool, depth) })
    oneofs.set(field.oneof, [...(oneofs.get(field.oneof) ?? []), member])
  }
  const plain = fields.filter((field) => field.oneof === undefined)
  const members = {
    ...Object.fromEntries(plain.map((field) => [field.name, often(fieldOf(field, pool, depth))])),
    ...Object.fromEntries([...oneofs].map(([oneof, some]) => [oneof, often(fc.oneof(...some))])),
  }
  return fc.record(members).map((record) => Object.fromEntries(Object.entries(record).filter(([, v]) => v !== ABSENT)))
}

const ABSENT = Symbol('absent')
const often = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 5, arbitrary: value }, fc.constant(ABSENT))
