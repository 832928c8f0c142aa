import { ClmError, isClmError } from '@tidepool/crypto'

export type ConvertErrorDetail =
  /** A message holds something no domain value stands for; its sender has to correct the field. */
  { readonly code: 'BAD_FIELD'; readonly field: string; readonly reason: string }

export class ConvertError extends ClmError<ConvertErrorDetail> {}

/** A field that cannot be read, for a reason of our own. */
export const badField = (field: string, reason: string): ConvertError =>
  new ConvertError({ code: 'BAD_FIELD', field, reason }, `${field}: ${reason}`)

/** Runs a parser; what it refuses becomes a ConvertError that names the field. */
export function inField<T>(field: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    if (cause instanceof ConvertError) {
      const path = `${field}.${cause.detail.field}`
      const message = `${field}.${cause.message}`
      throw new ConvertError({ ...cause.detail, field: path }, message, { cause: cause.cause })
    }
    if (!isClmError(cause)) throw cause
    throw new ConvertError({ code: 'BAD_FIELD', field, reason: cause.code }, `${field}: ${cause.message}`, { cause })
  }
}

/** A sub-message that has to be there. @throws ConvertError BAD_FIELD */
export function required<T>(field: string, value: T | undefined): T {
  if (value === undefined) throw badField(field, 'missing')
  return value
}

/** What a table says of an enum's name. @throws ConvertError BAD_FIELD for a name it does not have */
export function named<D>(field: string, table: Readonly<Record<string, D>>, name: string): D {
  const value = Object.hasOwn(table, name) ? table[name] : undefined
  if (value === undefined) throw badField(field, `unknown value ${name}`)
  return value
}
