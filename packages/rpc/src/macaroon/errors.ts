import { ClmError } from '@tidepool/crypto'

export type MacaroonErrorDetail =
  /** Bytes are no macaroon of version 2, or its identifier is none of ours; use the file the daemon wrote. */
  | { readonly code: 'BAD_MACAROON'; readonly reason: string }
  /** A call came without a macaroon; send one. */
  | { readonly code: 'MACAROON_MISSING' }
  /** Signature or root key do not fit: made elsewhere, or changed; use the file the daemon wrote. */
  | { readonly code: 'MACAROON_INVALID' }
  /** A caveat does not hold, or nobody knows what it means; use a macaroon without it. */
  | { readonly code: 'MACAROON_CAVEAT_FAILED'; readonly caveat: string }
  /** The macaroon does not permit this method; use one that does. */
  | { readonly code: 'MACAROON_NOT_PERMITTED'; readonly method: string }

export class MacaroonError extends ClmError<MacaroonErrorDetail> {}

export const badMacaroon = (reason: string): MacaroonError =>
  new MacaroonError({ code: 'BAD_MACAROON', reason }, `no macaroon: ${reason}`)
