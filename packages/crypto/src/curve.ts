import * as ecc from 'tiny-secp256k1'
import { expectLength } from './bytes.ts'
import { ClmError } from './errors.ts'
import { GROUP_ORDER, bytesToInt } from './scalar.ts'

export type CurveErrorDetail =
  /** Bytes that should be a compressed point are none; trying again does not help. */
  | { readonly code: 'BAD_POINT'; readonly what: string }
  /** A secret key is zero or not below the group order; trying again does not help. */
  | { readonly code: 'BAD_SECRET_KEY' }
  /** A tweak or factor is not 32 bytes below the group order; happens by chance never. */
  | { readonly code: 'BAD_SCALAR' }
  /** Adding keys gave the point at infinity, so there is no key; happens on purpose or never. */
  | { readonly code: 'POINT_AT_INFINITY'; readonly what: string }

export class CurveError extends ClmError<CurveErrorDetail> {}

/** Whether the bytes are a valid point (compressed or not). */
export const isPoint = (bytes: Uint8Array): boolean => ecc.isPoint(bytes)
/** Whether the 32 bytes are the x coordinate of a point. */
export const isXOnlyPoint = (bytes: Uint8Array): boolean => ecc.isXOnlyPoint(bytes)
/** Whether the bytes are a scalar of 1 to n-1. */
export const isSecret = (bytes: Uint8Array): boolean => ecc.isPrivate(bytes)

/** The same 33 bytes, checked. @throws CurveError BAD_POINT */
export function expectPoint(bytes: Uint8Array, what = 'point'): Uint8Array {
  if (bytes.length !== 33 || !ecc.isPoint(bytes)) throw badPoint(what)
  return bytes
}

/** The same 32 bytes, checked. @throws CurveError BAD_SECRET_KEY */
export function expectSecret(bytes: Uint8Array): Uint8Array {
  if (!ecc.isPrivate(bytes)) {
    throw new CurveError({ code: 'BAD_SECRET_KEY' }, 'secret key: expected 32 bytes between 1 and the group order')
  }
  return bytes
}

/** Compressed public key of a secret. @throws CurveError BAD_SECRET_KEY */
export function pointFromSecret(secret: Uint8Array): Uint8Array {
  return notInfinity(ecc.pointFromScalar(expectSecret(secret), true) ?? undefined, 'public key')
}

/** `a + b`, or undefined at infinity. */
export function pointAdd(a: Uint8Array, b: Uint8Array): Uint8Array | undefined {
  return onPoints(() => ecc.pointAdd(compressed(a), compressed(b), true))
}

/** `P + t·G` for a tweak below the group order, or undefined at infinity. */
export function pointAddTweak(point: Uint8Array, tweak: Uint8Array): Uint8Array | undefined {
  expectScalar(tweak)
  return onPoints(() => ecc.pointAddScalar(compressed(point), tweak, true))
}

/** `k·P`, or undefined at infinity. Not constant-time: use pointFromSecret for secrets times G. */
export function pointMultiply(point: Uint8Array, scalar: Uint8Array): Uint8Array | undefined {
  expectScalar(scalar)
  return onPoints(() => ecc.pointMultiply(compressed(point), scalar, true))
}

/** What the library refuses is no point: finding the square root twice, to check first, would cost a third of the work. */
function onPoints(work: () => Uint8Array | null): Uint8Array | undefined {
  try {
    return work() ?? undefined
  } catch (cause) {
    if (cause instanceof Error && cause.message === 'Expected Point') throw badPoint('point', cause)
    throw cause
  }
}

function compressed(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== 33) throw badPoint('point')
  return bytes
}

/** `-P` */
export function pointNegate(point: Uint8Array): Uint8Array {
  const out = Uint8Array.from(compressed(point))
  out[0] = out[0] === 2 ? 3 : 2
  return out
}

export interface XOnlyTweaked {
  readonly xOnly: Uint8Array
  /** 1 when the tweaked point has an odd Y. */
  readonly parity: 0 | 1
}

/** `lift_x(x) + t·G` (BIP-341). @throws CurveError POINT_AT_INFINITY */
export function xOnlyAddTweak(xOnly: Uint8Array, tweak: Uint8Array): XOnlyTweaked {
  if (!ecc.isXOnlyPoint(xOnly)) {
    throw new CurveError({ code: 'BAD_POINT', what: 'x-only key' }, 'x-only key: expected 32 bytes of a point')
  }
  const tweaked = ecc.xOnlyPointAddTweak(xOnly, expectScalar(tweak))
  if (tweaked === null) throw infinity('tweaked key')
  return { xOnly: tweaked.xOnlyPubkey, parity: tweaked.parity }
}

/** `(secret + tweak) mod n`. @throws CurveError POINT_AT_INFINITY when that is zero */
export function secretAdd(secret: Uint8Array, tweak: Uint8Array): Uint8Array {
  return notInfinity(ecc.privateAdd(expectSecret(secret), expectScalar(tweak)) ?? undefined, 'secret sum')
}

/** `-secret mod n` */
export const secretNegate = (secret: Uint8Array): Uint8Array => ecc.privateNegate(expectSecret(secret))

/** Deterministic (RFC 6979) low-S signature over a digest, `r || s`. */
export function signEcdsa(digest: Uint8Array, secret: Uint8Array): Uint8Array {
  return ecc.sign(expectLength(digest, 32, 'digest'), expectSecret(secret))
}

/** Accepts high S as well. False for anything malformed. */
export function verifyEcdsa(digest: Uint8Array, publicKey: Uint8Array, signature: Uint8Array): boolean {
  if (digest.length !== 32 || signature.length !== 64) return false
  try {
    return ecc.verify(digest, publicKey, signature)
  } catch {
    return false // no point, or r or s is not below the group order
  }
}

/** BIP-340 signature of 64 bytes; without `auxiliary` randomness it is deterministic. */
export function signSchnorr(digest: Uint8Array, secret: Uint8Array, auxiliary?: Uint8Array): Uint8Array {
  return ecc.signSchnorr(expectLength(digest, 32, 'digest'), expectSecret(secret), auxiliary)
}

/** BIP-340. False for anything malformed. */
export function verifySchnorr(digest: Uint8Array, xOnly: Uint8Array, signature: Uint8Array): boolean {
  if (digest.length !== 32 || signature.length !== 64) return false
  try {
    return ecc.verifySchnorr(digest, xOnly, signature)
  } catch {
    return false // no point, or r or s is out of range
  }
}

function expectScalar(bytes: Uint8Array): Uint8Array {
  if (bytesToInt(expectLength(bytes, 32, 'scalar')) >= GROUP_ORDER) {
    throw new CurveError({ code: 'BAD_SCALAR' }, 'scalar: expected a number below the group order')
  }
  return bytes
}

/** @throws CurveError POINT_AT_INFINITY */
export function notInfinity(point: Uint8Array | undefined, what: string): Uint8Array {
  if (point === undefined) throw infinity(what)
  return point
}

function badPoint(what: string, cause?: unknown): CurveError {
  return new CurveError({ code: 'BAD_POINT', what }, `${what}: expected 33 bytes of a compressed point`, { cause })
}

function infinity(what: string): CurveError {
  return new CurveError({ code: 'POINT_AT_INFINITY', what }, `${what}: the result is the point at infinity`)
}
