import { concatBytes, expectLength } from './bytes.ts'
import { CurveError, expectPoint, pointFromSecret } from './curve.ts'
import { taggedHash } from './hash.ts'
import { idToBytes } from './ids.ts'
import type { PubKey } from './ids.ts'
import { addPoints } from './musig2Keys.ts'
import { MuSig2Error } from './musig2Error.ts'
import { hashToScalar, scalarBytes } from './scalar.ts'

/** Bytes of a public nonce. */
export const PUBLIC_NONCE_SIZE = 66

/** Two secret scalars that sign once. They cannot be printed, serialised or used again. */
export class SecretNonce {
  readonly publicKey: PubKey
  #scalars: Uint8Array | undefined

  /** `scalars` is k1 || k2, which the nonce takes over. */
  constructor(scalars: Uint8Array, publicKey: PubKey) {
    this.#scalars = expectLength(scalars, 64, 'secret nonce')
    this.publicKey = publicKey
  }

  /** k1 || k2, once. @throws MuSig2Error NONCE_ALREADY_USED */
  take(): Uint8Array {
    const scalars = this.#scalars
    if (scalars === undefined) {
      throw new MuSig2Error({ code: 'NONCE_ALREADY_USED' }, 'a secret nonce signs once: draw a new one')
    }
    this.#scalars = undefined
    return scalars
  }
}

export interface NoncePair {
  readonly secretNonce: SecretNonce
  /** 66 bytes for the other signer. */
  readonly publicNonce: Uint8Array
}

/** What the nonce is bound to beside the randomness; more is safer, only the key is required. */
export interface NonceContext {
  readonly publicKey: PubKey
  readonly secretKey?: Uint8Array
  /** x-only aggregate key, 32 bytes. */
  readonly aggregateKey?: Uint8Array
  readonly message?: Uint8Array
  readonly extra?: Uint8Array
}

/**
 * BIP-327 NonceGen, for both drafts: how a nonce is drawn is each signer's own business.
 * `random` must be 32 fresh bytes of the system's random source.
 */
export function generateNonce(random: Uint8Array, context: NonceContext): NoncePair {
  const k1 = nonceScalar(random, context, 0)
  const k2 = nonceScalar(random, context, 1)
  return {
    secretNonce: new SecretNonce(concatBytes(k1, k2), context.publicKey),
    publicNonce: concatBytes(pointFromSecret(k1), pointFromSecret(k2)),
  }
}

function nonceScalar(random: Uint8Array, context: NonceContext, index: number): Uint8Array {
  const publicKey = idToBytes(context.publicKey)
  const aggregateKey = context.aggregateKey ?? new Uint8Array()
  const extra = context.extra ?? new Uint8Array()
  const hash = taggedHash(
    'MuSig/nonce',
    masked(expectLength(random, 32, 'randomness'), context.secretKey),
    Uint8Array.of(publicKey.length),
    publicKey,
    Uint8Array.of(aggregateKey.length),
    aggregateKey,
    prefixedMessage(context.message),
    bigEndian(extra.length, 4),
    extra,
    Uint8Array.of(index),
  )
  return scalarBytes(hashToScalar(hash))
}

function masked(random: Uint8Array, secretKey: Uint8Array | undefined): Uint8Array {
  if (secretKey === undefined) return random
  const mask = taggedHash('MuSig/aux', random)
  return expectLength(secretKey, 32, 'secret key').map((byte, i) => byte ^ (mask[i] ?? 0))
}

function prefixedMessage(message: Uint8Array | undefined): Uint8Array {
  if (message === undefined) return Uint8Array.of(0)
  return concatBytes(Uint8Array.of(1), bigEndian(message.length, 8), message)
}

function bigEndian(value: number, length: number): Uint8Array {
  return scalarBytes(BigInt(value)).subarray(32 - length)
}

/** BIP-327 NonceAgg: 66 bytes, a half at infinity as zeros. @throws MuSig2Error BAD_PUBLIC_NONCE naming the signer */
export const aggregateNonces = (publicNonces: readonly Uint8Array[]): Uint8Array =>
  aggregateNonce(sumNonces(publicNonces))

/** The halves in one, zeros for the point at infinity. */
export function aggregateNonce([first, second]: NonceSum): Uint8Array {
  const infinity = new Uint8Array(33)
  return concatBytes(first ?? infinity, second ?? infinity)
}

/** Both halves of an aggregate nonce, undefined at infinity. */
export type NonceSum = readonly [Uint8Array | undefined, Uint8Array | undefined]

/** Adding shows whether they are points; only who sent what is none takes another look. @throws MuSig2Error BAD_PUBLIC_NONCE */
export function sumNonces(publicNonces: readonly Uint8Array[]): NonceSum {
  if (publicNonces.length < 2) for (const [signer, nonce] of publicNonces.entries()) parsePublicNonce(nonce, signer)
  return checkingNonces(publicNonces, () => {
    let first: Uint8Array | undefined
    let second: Uint8Array | undefined
    for (const nonce of publicNonces) {
      first = addPoints(first, nonce.subarray(0, 33))
      second = addPoints(second, nonce.subarray(33))
    }
    return [first, second]
  })
}

/** Does something with the points of nonces; what the curve refuses is blamed on the nonce that is none. */
export function checkingNonces<T>(publicNonces: readonly Uint8Array[], work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof CurveError) for (const [i, nonce] of publicNonces.entries()) parsePublicNonce(nonce, i)
    throw error
  }
}

/** The two points of one signer's nonce; zeros, as any other non-point, are refused. @throws MuSig2Error BAD_PUBLIC_NONCE */
export function parsePublicNonce(nonce: Uint8Array, signer: number): readonly [Uint8Array, Uint8Array] {
  try {
    expectLength(nonce, PUBLIC_NONCE_SIZE, 'public nonce')
    return [expectPoint(nonce.subarray(0, 33)), expectPoint(nonce.subarray(33))]
  } catch (cause) {
    if (!(cause instanceof CurveError) && nonce.length === PUBLIC_NONCE_SIZE) throw cause
    const message = `public nonce of signer ${signer}: expected two compressed points, 66 bytes`
    throw new MuSig2Error({ code: 'BAD_PUBLIC_NONCE', signer }, message, { cause })
  }
}

/** The halves of an aggregate nonce, undefined at infinity. @throws CurveError BAD_POINT */
export function parseAggregateNonce(nonce: Uint8Array): NonceSum {
  expectLength(nonce, PUBLIC_NONCE_SIZE, 'aggregate nonce')
  const half = (bytes: Uint8Array) => (bytes.every((byte) => byte === 0) ? undefined : expectPoint(bytes))
  return [half(nonce.subarray(0, 33)), half(nonce.subarray(33))]
}
