import { expectLength, toHex } from './bytes.ts'
import {
  expectPoint,
  notInfinity,
  pointAdd,
  pointAddTweak,
  pointFromSecret,
  pointMultiply,
  pointNegate,
  secretAdd,
} from './curve.ts'
import { sha256 } from './hash.ts'
import { batchKey, computedBatchKey, computedKey, idToBytes } from './ids.ts'
import type { AccountKey, BatchKey, PubKey } from './ids.ts'
import { hashToScalar, scalarBytes } from './scalar.ts'

/** First batch key of every network, a point whose discrete logarithm nobody knows. Pool account/recovery.go */
export const INITIAL_BATCH_KEY: BatchKey = batchKey(
  '02824d0cbac65e01712124c50ff2cc74ce22851d7b444c1bf2ae66afefb8eaf27f',
)

/** Steps after which the search for a batch key gives up. Pool order/batch.go */
export const MAX_BATCH_KEY_STEPS = 10_000

/** `B + G` (white paper §6.1.1). Pool poolscript/script.go */
export const incrementBatchKey = (key: BatchKey): BatchKey => step(key, GENERATOR)

/** `B - G`. Pool poolscript/script.go */
export const decrementBatchKey = (key: BatchKey): BatchKey => step(key, pointNegate(GENERATOR))

const GENERATOR = pointFromSecret(scalarBytes(1n))

const step = (key: BatchKey, by: Uint8Array): BatchKey =>
  computedBatchKey(notInfinity(pointAdd(idToBytes(key), by), 'batch key'))

/** `B + steps·G`; steps may be negative. @throws CurveError POINT_AT_INFINITY */
export function batchKeyOffset(key: BatchKey, steps: number): BatchKey {
  return computedBatchKey(notInfinity(offsetPoint(key, steps), 'batch key'))
}

/** How many steps after `origin` a key is, or undefined when more than `limit`. Takes about 2·√limit point additions. */
export function batchKeyDistance(
  key: BatchKey,
  limit: number = MAX_BATCH_KEY_STEPS,
  origin: BatchKey = INITIAL_BATCH_KEY,
): number | undefined {
  const stride = Math.ceil(Math.sqrt(limit + 1))
  const small = new Map<string, number>()
  for (let steps = stride - 1; steps >= 0; steps--) small.set(hexOf(offsetPoint(origin, steps)), steps)
  for (let back = 0; back <= limit; back += stride) {
    const steps = small.get(hexOf(offsetPoint(key, -back)))
    if (steps !== undefined) return back + steps <= limit ? back + steps : undefined
  }
  return undefined
}

/** Batch ids from `newest` back to `oldest`, both included; at most `limit`. Pool order/batch.go */
export function decrementingBatchIds(
  newest: BatchKey,
  oldest: BatchKey,
  limit: number = MAX_BATCH_KEY_STEPS,
): readonly BatchKey[] {
  const ids: BatchKey[] = [newest]
  for (let at = newest; at !== oldest && ids.length < limit; ids.push(at)) at = decrementBatchKey(at)
  return ids
}

/** Secret that trader and auctioneer share for one account: SHA-256 of the compressed ECDH point. lnd keychain */
export function accountSecret(secret: Uint8Array, peer: PubKey): Uint8Array {
  return accountSecretFromPoint(notInfinity(pointMultiply(idToBytes(peer), secret), 'shared point'))
}

/** The same from an ECDH point already computed. */
export const accountSecretFromPoint = (point: Uint8Array): Uint8Array => sha256(expectPoint(point, 'shared point'))

export interface TraderTweakParams {
  readonly batchKey: BatchKey
  /** 32 bytes, see accountSecret. */
  readonly secret: Uint8Array
  readonly traderKey: AccountKey
}

/** `SHA256(batch key || secret || trader key)`. Pool poolscript/script.go */
export function traderTweak(params: TraderTweakParams): Uint8Array {
  const secret = expectLength(params.secret, 32, 'account secret')
  return sha256(idToBytes(params.batchKey), secret, idToBytes(params.traderKey))
}

/** `SHA256(tweaked trader key || auctioneer key)`. Pool poolscript/script.go */
export function auctioneerTweak(params: {
  readonly tweakedTraderKey: PubKey
  readonly auctioneerKey: PubKey
}): Uint8Array {
  return sha256(idToBytes(params.tweakedTraderKey), idToBytes(params.auctioneerKey))
}

/** `P + int(tweak)·G`, the tweak reduced mod n. lnd input/script_utils.go. @throws CurveError POINT_AT_INFINITY */
export function tweakKey(key: PubKey, tweak: Uint8Array): PubKey {
  return computedKey(notInfinity(pointAddTweak(idToBytes(key), reduced(tweak)), 'tweaked key'))
}

/** Secret key of tweakKey. @throws CurveError POINT_AT_INFINITY, BAD_SECRET_KEY */
export function tweakSecret(secret: Uint8Array, tweak: Uint8Array): Uint8Array {
  return secretAdd(secret, reduced(tweak))
}

export interface AccountKeyParams extends TraderTweakParams {
  readonly auctioneerKey: PubKey
}

export interface AccountKeys {
  readonly traderTweak: Uint8Array
  readonly tweakedTraderKey: PubKey
  readonly auctioneerTweak: Uint8Array
  readonly tweakedAuctioneerKey: PubKey
}

/** The trader's key in an account output. */
export const tweakedTraderKeyOf = (params: TraderTweakParams): PubKey => tweakKey(params.traderKey, traderTweak(params))

/** All keys of one account output. */
export function accountKeys(params: AccountKeyParams): AccountKeys {
  const trader = traderTweak(params)
  const tweakedTraderKey = tweakKey(params.traderKey, trader)
  const auctioneer = auctioneerTweak({ tweakedTraderKey, auctioneerKey: params.auctioneerKey })
  return {
    traderTweak: trader,
    tweakedTraderKey,
    auctioneerTweak: auctioneer,
    tweakedAuctioneerKey: tweakKey(params.auctioneerKey, auctioneer),
  }
}

function reduced(tweak: Uint8Array): Uint8Array {
  return scalarBytes(hashToScalar(expectLength(tweak, 32, 'tweak')))
}

function offsetPoint(key: BatchKey, steps: number): Uint8Array | undefined {
  return pointAddTweak(idToBytes(key), scalarBytes(BigInt(steps)))
}

const hexOf = (point: Uint8Array | undefined): string => (point === undefined ? 'infinity' : toHex(point))
