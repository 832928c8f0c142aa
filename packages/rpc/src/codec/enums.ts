import { enumValues } from '../gen/schema.ts'
import { CodecError } from './errors.ts'
import type { Place } from './scalars.ts'

const namesByNumber = new Map<string, ReadonlyMap<number, string>>()

function namesOf(enumName: string): ReadonlyMap<number, string> {
  const known = namesByNumber.get(enumName)
  if (known !== undefined) return known
  const names = new Map<number, string>()
  for (const [name, number] of Object.entries(enumValues[enumName] ?? {})) {
    if (!names.has(number)) names.set(number, name)
  }
  namesByNumber.set(enumName, names)
  return names
}

const UNRECOGNIZED = /^UNRECOGNIZED_(0|-?[1-9][0-9]{0,9})$/

/** @throws CodecError BAD_ENUM for anything but a name or `UNRECOGNIZED_n` */
export function enumToNumber(enumName: string, value: unknown, place: Place): number {
  const values = enumValues[enumName] ?? {}
  if (typeof value === 'string') {
    if (Object.hasOwn(values, value)) return values[value] ?? 0
    const number = Number(UNRECOGNIZED.exec(value)?.[1] ?? NaN)
    if (Number.isInteger(number) && number === (number | 0)) return number
  }
  const field = place.path()
  throw new CodecError(
    { code: 'BAD_ENUM', field, value: String(value) },
    `${field}: ${String(value)} is no ${enumName}; use one of ${Object.keys(values).join(', ')}`,
  )
}

/** A number without a name becomes `UNRECOGNIZED_n`: newer peers may know more. */
export const enumFromNumber = (enumName: string, value: number): string =>
  namesOf(enumName).get(value) ?? `UNRECOGNIZED_${value}`
