import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js'
import { ripemd160 } from '@noble/hashes/legacy.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isSecret,
  pointAdd,
  pointAddTweak,
  pointFromSecret,
  pointMultiply,
  pointNegate,
  secretAdd,
  secretNegate,
  signSchnorr,
  verifySchnorr,
  xOnlyAddTweak,
} from './curve.ts'
import { hash160, hash256, sha256, taggedHash } from './hash.ts'
import { bytesToInt, scalarBytes } from './scalar.ts'

const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter(isSecret)
const { Point } = secp256k1

describe('against another implementation', () => {
  test('points and scalars', () => {
    fc.assert(
      fc.property(secret, secret, (a, b) => {
        const [pa, pb] = [pointFromSecret(a), pointFromSecret(b)]
        const [ra, rb] = [Point.BASE.multiply(bytesToInt(a)), Point.BASE.multiply(bytesToInt(b))]
        expect(pa).toEqual(ra.toBytes())
        expect(pointAdd(pa, pb)).toEqual(ra.add(rb).toBytes())
        expect(pointAddTweak(pa, b)).toEqual(ra.add(rb).toBytes())
        expect(pointMultiply(pa, b)).toEqual(ra.multiply(bytesToInt(b)).toBytes())
        expect(pointNegate(pa)).toEqual(ra.negate().toBytes())
        expect(secretAdd(a, b)).toEqual(scalarBytes(bytesToInt(a) + bytesToInt(b)))
        expect(secretNegate(a)).toEqual(scalarBytes(-bytesToInt(a)))
        const even = schnorr.utils
          .lift_x(bytesToInt(pa.subarray(1)))
          .add(rb)
          .toBytes()
        expect(xOnlyAddTweak(pa.subarray(1), b)).toEqual({ xOnly: even.subarray(1), parity: even[0] === 3 ? 1 : 0 })
      }),
      { numRuns: 30 },
    )
  })

  test('Schnorr signatures', () => {
    fc.assert(
      fc.property(secret, secret, (digest, s) => {
        const key = pointFromSecret(s).subarray(1)
        const signature = signSchnorr(digest, s)
        expect(signature).toEqual(schnorr.sign(digest, s, new Uint8Array(32)))
        expect(verifySchnorr(digest, key, signature)).toBe(true)
        expect(verifySchnorr(s, key, signature)).toBe(false)
        expect(verifySchnorr(digest, key, new Uint8Array(64).fill(0xff))).toBe(false)
      }),
      { numRuns: 20 },
    )
  })

  test('hashes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const both = Uint8Array.of(...a, ...b)
        expect(sha256(a, b)).toEqual(sha256(both))
        expect(hash256(a, b)).toEqual(sha256(sha256(both)))
        expect(hash160(a, b)).toEqual(ripemd160(sha256(both)))
        expect(taggedHash('TapLeaf', a, b)).toEqual(schnorr.utils.taggedHash('TapLeaf', both))
      }),
    )
  })
})

describe('refused', () => {
  const point = pointFromSecret(scalarBytes(1n))

  test('opposite points add up to infinity', () => {
    expect(pointAdd(point, pointNegate(point))).toBeUndefined()
    expect(pointAddTweak(point, scalarBytes(-1n))).toBeUndefined()
    expect(() => secretAdd(scalarBytes(1n), scalarBytes(-1n))).toThrow(
      expect.objectContaining({ code: 'POINT_AT_INFINITY' }),
    )
  })

  test.each([new Uint8Array(), new Uint8Array(33), new Uint8Array(33).fill(2, 0, 1).fill(0xff, 1), point.subarray(1)])(
    'not a point: %#',
    (bad) => {
      expect(() => pointAdd(point, bad)).toThrow(expect.objectContaining({ code: 'BAD_POINT' }))
      expect(() => pointMultiply(bad, scalarBytes(2n))).toThrow(expect.objectContaining({ code: 'BAD_POINT' }))
    },
  )

  test.each([new Uint8Array(32), new Uint8Array(32).fill(0xff), new Uint8Array(31).fill(1)])(
    'not a secret: %#',
    (bad) => {
      expect(() => pointFromSecret(bad)).toThrow(expect.objectContaining({ code: 'BAD_SECRET_KEY' }))
      expect(() => signSchnorr(sha256(bad), bad)).toThrow(expect.objectContaining({ code: 'BAD_SECRET_KEY' }))
    },
  )

  test('tweaks and digests of another length', () => {
    expect(() => pointAddTweak(point, new Uint8Array(31))).toThrow(expect.objectContaining({ code: 'BAD_LENGTH' }))
    expect(() => signSchnorr(new Uint8Array(31), scalarBytes(1n))).toThrow(
      expect.objectContaining({ code: 'BAD_LENGTH' }),
    )
  })

  test('a tweak or scalar beyond the group order', () => {
    const bad = new Uint8Array(32).fill(0xff)
    for (const run of [
      () => pointAddTweak(point, bad),
      () => pointMultiply(point, bad),
      () => secretAdd(scalarBytes(1n), bad),
      () => xOnlyAddTweak(point.subarray(1), bad),
    ]) {
      expect(run).toThrow(expect.objectContaining({ code: 'BAD_SCALAR' }))
    }
  })
})
