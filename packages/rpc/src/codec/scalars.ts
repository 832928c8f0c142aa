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

const WIDE: ReadonlySet<FieldType> = new Set(['int64', 'sint64', 'sfixed64', 'uint64', 'fixed64'])

/** Whether the type is a 64-bit integer, a `bigint` here. */
export const isWide = (type: FieldType): boolean => WIDE.has(type)

/** Where in a message a value stands; its path is put together only when something is wrong there. */
export interface Place {
  path(): string
}

export function wrongType(place: Place, expected: string): CodecError {
  const field = place.path()
  return new CodecError({ code: 'WRONG_TYPE', field, expected }, `${field}: expected ${expected}`)
}

function outOfRange(place: Place, value: number | bigint): CodecError {
  const [field, text] = [place.path(), String(value)]
  return new CodecError({ code: 'VALUE_OUT_OF_RANGE', field, value: text }, `${field}: ${text} does not fit`)
}

/** @throws CodecError WRONG_TYPE, VALUE_OUT_OF_RANGE */
type Check<T> = (value: unknown, place: Place) => T

const real: Check<number> = (value, place) => {
  if (typeof value !== 'number') throw wrongType(place, 'number')
  return value
}

const float: Check<number> = (value, place) => {
  const number = real(value, place)
  if (Number.isFinite(number) && Math.abs(number) > MAX_FLOAT) throw outOfRange(place, number)
  return number
}

const narrow =
  ({ min, max }: Range<number>): Check<number> =>
  (value, place) => {
    const number = real(value, place)
    if (!Number.isInteger(number) || number < min || number > max) throw outOfRange(place, number)
    return number
  }

const wide =
  ({ min, max }: Range<bigint>): Check<bigint> =>
  (value, place) => {
    if (typeof value !== 'bigint') throw wrongType(place, 'bigint')
    if (value < min || value > max) throw outOfRange(place, value)
    return value
  }

const bool: Check<boolean> = (value, place) => {
  if (typeof value !== 'boolean') throw wrongType(place, 'boolean')
  return value
}

const bytes: Check<Uint8Array> = (value, place) => {
  if (!(value instanceof Uint8Array)) throw wrongType(place, 'Uint8Array')
  return value
}

const text: Check<string> = (value, place) => {
  if (typeof value !== 'string') throw wrongType(place, 'string')
  if (/\p{Surrogate}/u.test(value)) throw wrongType(place, 'well-formed Unicode')
  return value
}

const CHECKS = {
  double: real,
  float,
  int64: wide(INT64),
  uint64: wide(UINT64),
  int32: narrow(INT32),
  fixed64: wide(UINT64),
  fixed32: narrow(UINT32),
  bool,
  string: text,
  bytes,
  uint32: narrow(UINT32),
  sfixed32: narrow(INT32),
  sfixed64: wide(INT64),
  sint32: narrow(INT32),
  sint64: wide(INT64),
}

export type Scalar = number | bigint | boolean | string | Uint8Array

/** Passes what a field of the type can carry. */
export const scalarCheck = (type: Exclude<FieldType, 'message' | 'enum'>): Check<Scalar> => CHECKS[type]

/** What a scalar reads as when it is not in a message. */
export function scalarDefault(type: FieldType): unknown {
  if (isWide(type)) return 0n
  if (type === 'bool') return false
  if (type === 'bytes') return new Uint8Array()
  return type === 'string' ? '' : 0
}

/** A map's key from its text form. */
export function mapKeyFromText(type: FieldType, text: string): unknown {
  if (type === 'string') return text
  if (type === 'bool') return text === 'true'
  return isWide(type) ? BigInt(text) : Number(text)
}
