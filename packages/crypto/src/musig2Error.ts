import { ClmError } from './errors.ts'

export type MuSig2ErrorDetail =
  /** A public nonce is not two compressed points; its sender is at fault, a new nonce may help. */
  | { readonly code: 'BAD_PUBLIC_NONCE'; readonly signer: number }
  /** A secret nonce was about to sign twice, which would give the key away; draw a new one. */
  | { readonly code: 'NONCE_ALREADY_USED' }
  /** A key is no signer of this session, or a secret nonce was drawn for another key; a bug of the caller. */
  | { readonly code: 'NOT_A_SIGNER' }
  /** A partial signature is not a scalar of 32 bytes; its sender is at fault. */
  | { readonly code: 'BAD_PARTIAL_SIGNATURE'; readonly signer: number }
  /** The partial signatures do not add up to a valid signature; a retry needs new nonces. */
  | { readonly code: 'BAD_COMBINED_SIGNATURE' }
  /** A tweak is not below the group order; happens by chance never. */
  | { readonly code: 'BAD_TWEAK' }

export class MuSig2Error extends ClmError<MuSig2ErrorDetail> {}
