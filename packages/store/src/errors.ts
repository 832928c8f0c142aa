import { ClmError } from '@tidepool/crypto'

export type StoreErrorDetail =
  /** Another process holds the store; stop that one, then start again. */
  | { readonly code: 'STORE_LOCKED'; readonly location: string }
  /** The files, or one record, cannot be read; restore a backup, trying again does not help. */
  | { readonly code: 'STORE_CORRUPT'; readonly location: string; readonly key?: string }
  /** The store cannot be opened: missing permission, full disk, wrong path; mend that, then start again. */
  | { readonly code: 'STORE_UNAVAILABLE'; readonly location: string }
  /** Used after `close`; a programming error or a shutdown under way. */
  | { readonly code: 'STORE_CLOSED' }
  /** A commit failed and nobody knows whether it is on disk; the store refuses to write until the daemon restarts. */
  | { readonly code: 'STORE_WRITE_FAILED'; readonly location: string }
  /** A record was written by a newer version of this program; start that version. */
  | { readonly code: 'RECORD_VERSION_UNKNOWN'; readonly version: number; readonly known: number }
  /** A value holds something that text cannot keep exactly (NaN, a class instance, undefined in a list). */
  | { readonly code: 'RECORD_UNENCODABLE'; readonly path: string }
  /** A table's name is not made of letters, digits and dashes; a programming error. */
  | { readonly code: 'TABLE_NAME_INVALID'; readonly name: string }

export class StoreError extends ClmError<StoreErrorDetail> {}
