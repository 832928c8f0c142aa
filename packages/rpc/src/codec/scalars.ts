import { CodecError } from './errors.ts'
import type { FieldType } from './schema.ts'

interface Range<N> {
  readonly min: N
  readonly max: N
}

const INT32: Range<number> = { min: -0x8000_0000, max: 0x7fff_ffff }
const UINT32: Range<number> = { min: 0, max: 0xffff_ffff }
const INT64: Range<bigint> = { min: -(2n ** 63n), max: 2n ** 63n - 1n }
const UINT64: Range<bigint> = { min: 0n, max: 2n ** 64n - 1n }
const MAX_FLOAT = 3.4028234663852886e38

const NARROW: Partial<Record<FieldType, Range<number>>> = {
  int32: INT32,
  sint32: INT32,
  sfixed32: INT32,
  uint32: UINT32,
  fixed32: UINT32,
}
const WIDE: Partial<Record<FieldType, Range<bigint>>> = {
  int64: INT64,
  sint64: INT64,
  sfixed64: INT64,
  uint64: UINT64,
  fixed64: UINT64,
}

/** Whether the type is a 64-bit integer, a `bigint` here. */
export const isWide = (type: FieldType): boolean => WIDE[type] !== undefined

function wrongType(field: string, expected: string): CodecError {
  return new CodecError({ code: 'WRONG_TYPE', field, expected }, `${field}: expected ${expected}`)
}

function outOfRange(field: string, value: number | bigint): CodecError {
  const text = String(value)
  return new CodecError({ code: 'VALUE_OUT_OF_RANGE', field, value: text }, `${field}: ${text} does not fit`)
}

function checkNumber(type: FieldType, value: unknown, field: string): number {
  if (typeof value !== 'number') throw wrongType(field, 'number')
  const range = NARROW[type]
  if (range !== undefined && !(Number.isInteger(value) && value >= range.min && value <= range.max)) {
    throw outOfRange(field, value)
  }
  if (type === 'float' && Number.isFinite(value) && Math.abs(value) > MAX_FLOAT) throw outOfRange(field, value)
  return value
}

function checkWide(range: Range<bigint>, value: unknown, field: string): string {
  if (typeof value !== 'bigint') throw wrongType(field, 'bigint')
  if (value < range.min || value > range.max) throw outOfRange(field, value)
  return value.toString()
}

function checkText(value: unknown, field: string): string {
  if (typeof value !== 'string') throw wrongType(field, 'string')
  if (/\p{Surrogate}/u.test(value)) throw wrongType(field, 'well-formed Unicode')
  return value
}

/**
 * The form the loader's codec takes without changing the value: 64-bit numbers as decimal text, the rest as they are.
 * @throws CodecError WRONG_TYPE, VALUE_OUT_OF_RANGE
 */
export function scalarToPlain(type: FieldType, value: unknown, field: string): unknown {
  const wide = WIDE[type]
  if (wide !== undefined) return checkWide(wide, value, field)
  switch (type) {
    case 'bool':
      if (typeof value !== 'boolean') throw wrongType(field, 'boolean')
      return value
    case 'bytes':
      if (!(value instanceof Uint8Array)) throw wrongType(field, 'Uint8Array')
      return value
    case 'string':
      return checkText(value, field)
    default:
      return checkNumber(type, value, field)
  }
}

/** What a scalar reads as when it is not in a message. */
export function scalarDefault(type: FieldType): unknown {
  if (isWide(type)) return 0n
  if (type === 'bool') return false
  if (type === 'bytes') return new Uint8Array()
  return type === 'string' ? '' : 0
}

/** Whether a field without presence may be left out. */
export function isDefaultScalar(type: FieldType, value: unknown): boolean {
  if (type === 'bytes') return (value as Uint8Array).length === 0
  return Object.is(value, scalarDefault(type)) || Object.is(value, -0)
}

/** A map's key from its text form. */
export function mapKeyFromText(type: FieldType, text: string): unknown {
  if (type === 'string') return text
  if (type === 'bool') return text === 'true'
  return isWide(type) ? BigInt(text) : Number(text)
}
