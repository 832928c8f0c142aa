import { ClmError } from '@tidepool/crypto'

export type JsonErrorDetail =
  /** JSON that does not describe the message asked for; correct the place named. */
  { readonly code: 'BAD_JSON'; readonly path: string; readonly expected: string }

export class JsonError extends ClmError<JsonErrorDetail> {}

export const badJson = (path: string, expected: string): JsonError =>
  new JsonError({ code: 'BAD_JSON', path, expected }, `${path}: expected ${expected}`)
