import { compareBytes, concatBytes, equalBytes, expectLength, toHex } from './bytes.ts'
import { expectPoint, notInfinity, pointAdd, pointAddTweak, pointMultiply, pointNegate } from './curve.ts'
import { taggedHash } from './hash.ts'
import { idToBytes } from './ids.ts'
import type { PubKey } from './ids.ts'
import { MuSig2Error } from './musig2Error.ts'
import { Remembered } from './remembered.ts'
import { GROUP_ORDER, bytesToInt, hashToScalar, modOrder, scalarBytes } from './scalar.ts'
import { tapTweakHash } from './script.ts'

/** Draft 0.4.0 belongs to account version 1; 1.0.0rc2 computes the same as final BIP-327 and belongs to version 2. */
export type MuSig2Version = '0.4.0' | '1.0.0rc2'

/** `none` signs for the bare aggregate, `bip86` for an output without scripts, `root` for one with. */
export type TaprootTweak =
  | { readonly kind: 'none' }
  | { readonly kind: 'bip86' }
  | { readonly kind: 'root'; readonly merkleRoot: Uint8Array }

/** KeyAgg Context of BIP-327. */
export interface AggregateKey {
  readonly version: MuSig2Version
  /** Key aggregation coefficient of each signer, by the hex of the key as the version hashes it. */
  readonly coefficients: ReadonlyMap<string, bigint>
  /** Aggregate before any tweak, 33 bytes; its x is the taproot internal key. */
  readonly untweaked: Uint8Array
  /** Aggregate with tweaks, 33 bytes; its x is the key that signatures verify under. */
  readonly point: Uint8Array
  /** Sign gathered from x-only tweaks, 1 or n-1. */
  readonly gacc: bigint
  /** Tweaks gathered. */
  readonly tacc: bigint
}

/** A signing session asks for its key several times, on both sides. */
const aggregates = new Remembered<AggregateKey>(10_000)

/** Sorts the keys, aggregates them, applies the taproot tweak. BIP-327 KeyAgg, BIP-341; lnd input/musig2.go */
export function aggregateKeys(version: MuSig2Version, keys: readonly PubKey[], tweak: TaprootTweak): AggregateKey {
  const root = tweak.kind === 'root' ? expectLength(tweak.merkleRoot, 32, 'merkle root') : undefined
  const name = `${version}/${tweak.kind}/${root === undefined ? '' : toHex(root)}/${keys.toSorted().join('/')}`
  return aggregates.get(name, () => {
    const sorted = keys.map((key) => signerKey(version, idToBytes(key))).toSorted(compareBytes)
    const aggregate = aggregateInOrder(version, sorted)
    if (tweak.kind === 'none') return aggregate
    const internal = xOnly(aggregate.untweaked)
    return applyTweak(aggregate, root === undefined ? tapTweakHash(internal) : tapTweakHash(internal, root), true)
  })
}

/** KeyAgg over keys in the version's form (see signerKey), in the order given. */
export function aggregateInOrder(version: MuSig2Version, keys: readonly Uint8Array[]): AggregateKey {
  const listHash = taggedHash('KeyAgg list', ...keys)
  const second = keys.find((key) => !equalBytes(key, keys[0] ?? key))
  const coefficients = new Map<string, bigint>()
  let sum: Uint8Array | undefined
  for (const key of keys) {
    const isSecond = second !== undefined && equalBytes(key, second)
    const coefficient = isSecond ? 1n : hashToScalar(taggedHash('KeyAgg coefficient', listHash, key))
    coefficients.set(toHex(key), coefficient)
    const term = isSecond
      ? expectPoint(liftedKey(key), 'signer key')
      : pointMultiply(liftedKey(key), scalarBytes(coefficient))
    sum = addPoints(sum, term)
  }
  const point = notInfinity(sum, 'aggregate key')
  return { version, coefficients, untweaked: point, point, gacc: 1n, tacc: 0n }
}

/** ApplyTweak of BIP-327. @throws MuSig2Error BAD_TWEAK, CurveError POINT_AT_INFINITY */
export function applyTweak(key: AggregateKey, tweak: Uint8Array, isXOnly: boolean): AggregateKey {
  const t = bytesToInt(expectLength(tweak, 32, 'tweak'))
  if (t >= GROUP_ORDER) throw new MuSig2Error({ code: 'BAD_TWEAK' }, 'tweak is not below the group order')
  const negate = isXOnly && isOdd(key.point)
  const base = negate ? pointNegate(key.point) : key.point
  const g = negate ? GROUP_ORDER - 1n : 1n
  return {
    ...key,
    point: notInfinity(pointAddTweak(base, tweak), 'tweaked aggregate key'),
    gacc: modOrder(g * key.gacc),
    tacc: modOrder(t + g * key.tacc),
  }
}

/** Coefficient of a signer. @throws MuSig2Error NOT_A_SIGNER */
export function coefficientOf(key: AggregateKey, publicKey: Uint8Array): bigint {
  const coefficient = key.coefficients.get(toHex(signerKey(key.version, publicKey)))
  if (coefficient === undefined) {
    throw new MuSig2Error({ code: 'NOT_A_SIGNER' }, 'the key takes no part in this signing session')
  }
  return coefficient
}

/** A 33-byte key as the version hashes and sorts it: draft 0.4.0 drops the parity. */
export function signerKey(version: MuSig2Version, publicKey: Uint8Array): Uint8Array {
  return version === '0.4.0' ? xOnly(publicKey) : publicKey
}

/** The point a key stands for, unchecked; 32 bytes are lifted to even Y. */
export const liftedKey = (key: Uint8Array): Uint8Array => (key.length === 32 ? concatBytes(Uint8Array.of(2), key) : key)

/** Sum with undefined for the point at infinity. */
export function addPoints(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined) return b
  return b === undefined ? a : pointAdd(a, b)
}

export const xOnly = (point: Uint8Array): Uint8Array => point.subarray(1)
export const isOdd = (point: Uint8Array): boolean => point[0] === 3
