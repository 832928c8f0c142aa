import { ClmError } from '@tidepool/crypto'

export type CodecErrorDetail =
  /** A number does not fit its field; trying again does not help. */
  | { readonly code: 'VALUE_OUT_OF_RANGE'; readonly field: string; readonly value: string }
  /** A message was given a property it has no field for; trying again does not help. */
  | { readonly code: 'UNKNOWN_FIELD'; readonly field: string }
  /** A value is of another type than its field; trying again does not help. */
  | { readonly code: 'WRONG_TYPE'; readonly field: string; readonly expected: string }
  /** A text is no name of the enum; trying again does not help. */
  | { readonly code: 'BAD_ENUM'; readonly field: string; readonly value: string }
  /** There is no message of this name; trying again does not help. */
  | { readonly code: 'UNKNOWN_MESSAGE'; readonly message: string }
  /** Received bytes are no message of the type; trying again does not help. */
  | { readonly code: 'MALFORMED_MESSAGE'; readonly message: string }

/** A value that a message cannot carry, or bytes that are no message. */
export class CodecError extends ClmError<CodecErrorDetail> {}
