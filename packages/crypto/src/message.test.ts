import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytes } from '../test/loadVectors.ts'
import { concatBytes, toHex } from './bytes.ts'
import { isSecret, pointFromSecret, signEcdsa, verifyEcdsa } from './curve.ts'
import { derDecode, derEncode, verifyDer, withoutSighashAll } from './der.ts'
import { accountAuthMessage, accountChallenge, accountCommitment } from './handshake.ts'
import { sha256 } from './hash.ts'
import { pubKey } from './ids.ts'
import { signMessage, verifyMessage } from './message.ts'
import { GROUP_ORDER, bytesToInt, scalarBytes } from './scalar.ts'

const hash = (text: string) => sha256(new TextEncoder().encode(text))
const secret = hash('brainwallet_private_key')
const key = pubKey(pointFromSecret(secret))

/** Literal values published with the handshake rules. */
test('account handshake', () => {
  expect(key).toBe('02fa5059be1c3b475ad223b2ac4bdaf7f34b1bfa3f9fb5fe9e7a740edb1501c7de')
  const commitment = accountCommitment(key, hash('nonce1'))
  expect(toHex(commitment)).toBe('3f5be658653f70cf91f681d26b520d1c69394b1a2f802b9362d07e86d9d584f7')
  const challenge = accountChallenge(commitment, hash('nonce2'))
  expect(toHex(challenge)).toBe('6ee653c1c610796ed6fe35e05a2ae9faf466badd09d7b550388ddf65660307ca')
  const message = accountAuthMessage(commitment, challenge)
  expect(toHex(message)).toBe('00969ba5a6b3d8878412e421e3ed9ec9a93ce467e944ecf80358417d727c7335')
  expect(toHex(sha256(message))).toBe('7936f297a86725ce2e2e5212dd689399083ee3ce0447ef9f8c7d918bfe81d476')
  const signature = signMessage(message, secret)
  expect(toHex(signature)).toBe(
    '304502210087a59cf96ecb3cd8489dce12ee92c1ddb82194f52ac498f27b76d666c2afec050220252caeb58ac1d06f75c0bd10c1a1589540786d2854d9b96e8d71f8f8be55a5f5',
  )
  expect(verifyMessage(message, signature, key)).toBe(true)
  expect(verifyMessage(challenge, signature, key)).toBe(false)
})

describe('DER', () => {
  const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const anySecret = digest.filter(isSecret)

  test('against another implementation', () => {
    fc.assert(
      fc.property(digest, anySecret, (d, s) => {
        const compact = signEcdsa(d, s)
        expect(compact).toEqual(secp256k1.sign(d, s, { prehash: false }))
        const der = derEncode(compact)
        expect(der).toEqual(secp256k1.Signature.fromBytes(compact).toBytes('der'))
        expect(derDecode(der)).toEqual({ signature: compact, lowS: true })
        expect(verifyDer(d, pointFromSecret(s), der)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  test('small numbers and high s', () => {
    const one = concatBytes(scalarBytes(1n), scalarBytes(GROUP_ORDER - 1n))
    expect(toHex(derEncode(one)).slice(0, 10)).toBe('3026020101')
    expect(derDecode(derEncode(one))).toEqual({ signature: one, lowS: false })
    const half = concatBytes(scalarBytes(1n), scalarBytes(GROUP_ORDER / 2n))
    expect(derDecode(derEncode(half)).lowS).toBe(true)
  })

  test('high s verifies as a message, not in a witness', () => {
    const low = signEcdsa(sha256(secret), secret)
    const high = derEncode(concatBytes(low.subarray(0, 32), scalarBytes(-bytesToInt(low.subarray(32)))))
    expect(verifyMessage(secret, high, key)).toBe(true)
    expect(verifyDer(sha256(secret), bytes(key), high)).toBe(false)
  })

  const r = '0102'
  test.each([
    ['nothing', ''],
    ['wrong tag', `31060201${r.slice(2)}02010100`],
    ['total length', '3007020101020101'],
    ['trailing byte', '300602010102010100'],
    ['integer tag', '3006030101020101'],
    ['r longer than the rest', '3006020501020101'],
    ['empty r', '30050200020101'],
    ['negative r', '3006020181020101'],
    ['padded r', '300702020001020101'],
    ['r zero', '3006020100020101'],
    ['s zero', '3006020101020100'],
    ['s of n', `3026020101022100${GROUP_ORDER.toString(16)}`],
    ['s of 33 bytes', `302602010102210100${'11'.repeat(31)}`],
    ['huge length', '30ff0201010201010201'],
  ])('refused: %s', (_, hex) => {
    expect(() => derDecode(bytes(hex))).toThrow(expect.objectContaining({ code: 'BAD_DER_SIGNATURE' }))
    expect(verifyMessage(secret, bytes(hex), key)).toBe(false)
  })

  test('a witness element must end in SIGHASH_ALL', () => {
    for (const element of [new Uint8Array(), bytes('300602010102010102')]) {
      expect(() => withoutSighashAll(element)).toThrow(expect.objectContaining({ code: 'BAD_DER_SIGNATURE' }))
    }
  })

  test('nothing malformed escapes as another error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ minLength: 64, maxLength: 64 }), (der, compact) => {
        expect(verifyMessage(secret, der, key)).toBe(false)
        expect(verifyEcdsa(sha256(secret), bytes(key), compact)).toBe(false)
      }),
    )
    expect(verifyEcdsa(sha256(secret), bytes(key), new Uint8Array(64).fill(0xff))).toBe(false)
  })
})
