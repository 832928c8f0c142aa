import type * as crypto from '@tidepool/crypto'
import type * as curve from '../../../../crypto/src/curve.ts'

type Params = Parameters<typeof crypto.accountOutput>[0]

/** Results kept of each function, at least; twice as many at most. */
const KEPT = 20_000

/**
 * The package with one function that remembers: account outputs are derived over and over, the same in every world.
 * For `vi.mock`; may not import what it stands for.
 */
export function remembering(original: typeof crypto): typeof crypto {
  const known = new Memory<ReturnType<typeof crypto.accountOutput>>()
  const accountOutput: typeof crypto.accountOutput = (params) =>
    known.of(nameOf(params), () => original.accountOutput(params))
  const accountScript: typeof crypto.accountScript = (params) => accountOutput(params).script
  return { ...original, accountOutput, accountScript }
}

const nameOf = ({ version, traderKey, auctioneerKey, batchKey, secret, expiry }: Params): string =>
  `${version} ${traderKey} ${auctioneerKey} ${batchKey} ${textOf(secret)} ${expiry}`

/**
 * Curve operations that remember: all sides of a world check the same points and signatures, and worlds share their
 * keys. Half of a run without it. Signing is never remembered.
 */
export function rememberingCurve(original: typeof curve): typeof curve {
  const { isPoint, isXOnlyPoint, pointFromSecret, pointAdd, pointAddTweak, pointMultiply } = original
  const isPointOnce = remembered(isPoint)
  const tweaked = remembered(original.xOnlyAddTweak)
  const ownKey = remembered(pointFromSecret)
  const ecdsa = learning(original.verifyEcdsa)
  return {
    ...original,
    isPoint: isPointOnce,
    isXOnlyPoint: remembered(isXOnlyPoint),
    expectPoint: (bytes, what) =>
      bytes.length === 33 && isPointOnce(bytes) ? bytes : original.expectPoint(bytes, what),
    pointFromSecret: copied(ownKey),
    pointAdd: copied(remembered(pointAdd)),
    pointAddTweak: copied(remembered(pointAddTweak)),
    pointMultiply: copied(remembered(pointMultiply)),
    xOnlyAddTweak: (...args) => {
      const { xOnly, parity } = tweaked(...args)
      return { xOnly: xOnly.slice(), parity }
    },
    signEcdsa: (digest, secret) => {
      const signature = original.signEcdsa(digest, secret)
      // What the library signs it also accepts; crypto's own tests say so for both of its functions.
      ecdsa.learn([digest, ownKey(secret), signature], true)
      return signature
    },
    verifyEcdsa: ecdsa.ask,
    verifySchnorr: remembered(original.verifySchnorr),
  }
}

/** What it throws is not remembered. */
function remembered<A extends readonly Uint8Array[], R>(derive: (...args: A) => R): (...args: A) => R {
  return learning(derive).ask
}

/** A function that remembers, and takes results that are known without it. */
function learning<A extends readonly Uint8Array[], R>(derive: (...args: A) => R) {
  const known = new Memory<R>()
  return {
    ask: (...args: A): R => known.of(keyOf(args), () => derive(...args)),
    learn: (args: A, result: R): R => known.of(keyOf(args), () => result),
  }
}

/** Nobody may change what others are given. */
function copied<A extends readonly unknown[], R extends Uint8Array | undefined>(make: (...args: A) => R) {
  return (...args: A): R => make(...args)?.slice() as R
}

function keyOf(args: readonly Uint8Array[]): string {
  let key = ''
  for (const bytes of args) key += `${textOf(bytes)}/`
  return key
}

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/** The newest results of something; the oldest are forgotten. */
class Memory<R> {
  #young = new Map<string, { readonly result: R }>()
  #old: ReadonlyMap<string, { readonly result: R }> = new Map()

  of(name: string, derive: () => R): R {
    const fresh = this.#young.get(name)
    if (fresh !== undefined) return fresh.result
    const known = this.#old.get(name) ?? { result: derive() }
    if (this.#young.size >= KEPT) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(name, known)
    return known.result
  }
}
