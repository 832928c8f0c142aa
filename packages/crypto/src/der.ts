import { concatBytes, expectLength } from './bytes.ts'
import { verifyEcdsa } from './curve.ts'
import { ClmError } from './errors.ts'
import { GROUP_ORDER, bytesToInt } from './scalar.ts'

export type SignatureErrorDetail =
  /** Bytes that should be a strictly DER-encoded ECDSA signature are not; trying again does not help. */
  { readonly code: 'BAD_DER_SIGNATURE'; readonly reason: string }

export class SignatureError extends ClmError<SignatureErrorDetail> {}

/** SIGHASH_ALL, the byte that follows a DER signature in a witness. */
export const SIGHASH_ALL = 0x01

export interface DerSignature {
  /** `r || s` */
  readonly signature: Uint8Array
  /** Whether s is at most n/2, without which nodes do not relay the transaction. */
  readonly lowS: boolean
}

/** DER of `r || s` (BIP-66), without a sighash byte. */
export function derEncode(signature: Uint8Array): Uint8Array {
  expectLength(signature, 64, 'signature')
  const r = integer(signature.subarray(0, 32))
  const s = integer(signature.subarray(32))
  return concatBytes(Uint8Array.of(0x30, r.length + s.length), r, s)
}

/** Strict DER (BIP-66) with both numbers in 1 to n-1, no sighash byte. @throws SignatureError BAD_DER_SIGNATURE */
export function derDecode(der: Uint8Array): DerSignature {
  if (der.length < 8 || der.length > 72) throw bad('length')
  if (der[0] !== 0x30 || der[1] !== der.length - 2) throw bad('sequence header')
  const rLength = der[3] ?? 0
  const r = scalar(der.subarray(2, 4 + rLength))
  const s = scalar(der.subarray(4 + rLength))
  return { signature: concatBytes(r, s), lowS: isLowS(s) }
}

/** Whether a strictly DER-encoded, low-S signature over the digest is valid: what a witness may carry. */
export function verifyDer(digest: Uint8Array, publicKey: Uint8Array, der: Uint8Array): boolean {
  try {
    const { signature, lowS } = derDecode(der)
    return lowS && verifyEcdsa(digest, publicKey, signature)
  } catch (error) {
    if (error instanceof SignatureError) return false
    throw error
  }
}

/** DER signature with the SIGHASH_ALL byte, as it stands in a witness. */
export const withSighashAll = (der: Uint8Array): Uint8Array => concatBytes(der, Uint8Array.of(SIGHASH_ALL))

/** The DER signature of a witness element. @throws SignatureError BAD_DER_SIGNATURE without a SIGHASH_ALL byte */
export function withoutSighashAll(element: Uint8Array): Uint8Array {
  if (element.at(-1) !== SIGHASH_ALL) throw bad('sighash byte')
  return element.subarray(0, -1)
}

function isLowS(s: Uint8Array): boolean {
  return bytesToInt(s) <= GROUP_ORDER / 2n
}

function integer(scalarBytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < 31 && scalarBytes[start] === 0) start++
  const digits = scalarBytes.subarray(start)
  const body = (digits[0] ?? 0) >= 0x80 ? concatBytes(Uint8Array.of(0), digits) : digits
  return concatBytes(Uint8Array.of(0x02, body.length), body)
}

function scalar(encoded: Uint8Array): Uint8Array {
  if (encoded[0] !== 0x02 || encoded[1] !== encoded.length - 2 || encoded.length < 3) throw bad('integer header')
  const body = encoded.subarray(2)
  const first = body[0] ?? 0
  if (first >= 0x80) throw bad('negative integer')
  if (body.length > 1 && first === 0 && (body[1] ?? 0) < 0x80) throw bad('padded integer')
  const value = bytesToInt(body)
  if (value === 0n || value >= GROUP_ORDER) throw bad('integer out of range')
  const out = new Uint8Array(32)
  const digits = first === 0 ? body.subarray(1) : body
  out.set(digits, 32 - digits.length)
  return out
}

function bad(reason: string): SignatureError {
  return new SignatureError({ code: 'BAD_DER_SIGNATURE', reason }, `not a DER signature: ${reason}`)
}
