import * as musig2 from '@scure/btc-signer/musig2.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytes } from '../test/loadVectors.ts'
import { MUSIG2_VERSION_OF_ACCOUNT, accountOutput } from './accountScript.ts'
import { concatBytes, toHex } from './bytes.ts'
import { isSecret, pointFromSecret, verifySchnorr } from './curve.ts'
import { sha256 } from './hash.ts'
import { accountKey, idToBytes, pubKey } from './ids.ts'
import { INITIAL_BATCH_KEY, accountSecret } from './keys.ts'
import { combinePartials, signPartial, startSession, verifyPartial } from './musig2.ts'
import { aggregateKeys, xOnly } from './musig2Keys.ts'
import type { MuSig2Version } from './musig2Keys.ts'
import { SecretNonce, aggregateNonces, generateNonce } from './musig2Nonce.ts'
import { tapTweakHash } from './script.ts'
import { blockHeight } from './units.ts'

const hash = (text: string) => sha256(new TextEncoder().encode(text))
const trader = hash('trader5')
const auctioneer = hash('auctioneer')
const traderKey = pubKey(pointFromSecret(trader))
const auctioneerKey = pubKey(pointFromSecret(auctioneer))
const message = hash('sighash')

function fixedNonce(name: string, secret: Uint8Array) {
  const [k1, k2] = [hash(`${name} nonce 1`), hash(`${name} nonce 2`)]
  return {
    secretNonce: new SecretNonce(concatBytes(k1, k2), pubKey(pointFromSecret(secret))),
    publicNonce: concatBytes(pointFromSecret(k1), pointFromSecret(k2)),
  }
}

function accountSession(version: 1 | 2) {
  const output = accountOutput({
    version,
    traderKey: accountKey(traderKey),
    auctioneerKey,
    batchKey: INITIAL_BATCH_KEY,
    secret: accountSecret(trader, auctioneerKey),
    expiry: blockHeight(840_000),
  })
  if (output.kind !== 'p2tr') throw new Error('expected taproot')
  const ours = fixedNonce('trader', trader)
  const theirs = fixedNonce('auctioneer', auctioneer)
  const publicNonces = [ours.publicNonce, theirs.publicNonce]
  return { ours, theirs, output, session: startSession({ key: output.aggregateKey, message, publicNonces }) }
}

/** Literal values published with the account rules; they agree with btcec 2.2.2 and 2.3.4. */
describe('worked example', () => {
  test('nonces', () => {
    const { ours, theirs, session } = accountSession(2)
    expect(toHex(message)).toBe('b9b74d5852010cc4bf1010500ae6a97eca7868c9779d50c60fb4ae568b01ea38')
    expect(toHex(ours.publicNonce)).toBe(
      '03d8516cb96b9b95154015685be43b7f452f192314956c078b1b07a611da3b3add03326e294c32518ce49b7c5275cacb21905e7a8e085fe219ec046265f4a5b33c01',
    )
    expect(toHex(theirs.publicNonce)).toBe(
      '020eedbfc4c27e0c4b5fd0c821d4bcf31904e655b99bbfc8bf62628013a963589503fa8ad2538434f8de8e7c9b345a71ef33392c2bbd987f25546d69ab9919547b3e',
    )
    expect(toHex(session.aggregateNonce)).toBe(
      '03293d3a9c83edc77d84e4303b7cb12807bd8c50d9fca84c9166a7ff61562b5e90022c6ad54d362f9a3c6e951d31a847c84f46bd57a60b8efc172196ad835f0b5d38',
    )
  })

  test.each([
    [
      1,
      'a7a332b16e3e3e8d63bf85edb16e4d89f527d78762e3fa91cd9aa6a8cdc70c2c',
      '94b29fdb94b40ef892fda3dc4a99a4cc7672ba466e7c79cd9caa070cb530aa5c',
      '396d7c0c7724bf5cacecb24a72ab6db74d609175944c95f2e1287ebf9c9f484db430cd048ed478cb1ca2eddcf72837200e59e46415bf8e8c8e420acc4d5e87bb',
    ],
    [
      2,
      '7c02a36adb3231ad2ef2d90798ba8eb1487359377fd2c9989e6ce39a1758cced',
      '2d85ac83e69e602404ff0ae7ff41bc988ebf17be88ef8b2b97b4553c721f15d5',
      '9068543769b31f0c51b656162cd9a3b7093a9c17babda9830f4eaae8c06a0bf7789c6a278a9b75122259ed75a40dcfd266421ef9675271a2b52811999a671aee',
    ],
  ] as const)('version %i', (version, auctioneerPartial, traderPartial, signature) => {
    const { ours, theirs, output, session } = accountSession(version)
    const first = signPartial(session, theirs.secretNonce, auctioneer)
    const second = signPartial(session, ours.secretNonce, trader)
    expect([toHex(first), toHex(second)]).toEqual([auctioneerPartial, traderPartial])
    const combined = combinePartials(session, [first, second])
    expect(toHex(combined)).toBe(signature)
    expect(verifySchnorr(message, output.outputKey, combined)).toBe(true)
  })
})

describe('a peer that misbehaves', () => {
  test.each([
    ['all zero', new Uint8Array(66)],
    ['second half zero', concatBytes(pointFromSecret(trader), new Uint8Array(33))],
    ['65 bytes', new Uint8Array(65).fill(2)],
    ['67 bytes', concatBytes(pointFromSecret(trader), pointFromSecret(auctioneer), Uint8Array.of(0))],
    ['no bytes', new Uint8Array()],
    ['not points', new Uint8Array(66).fill(0xff)],
  ])('nonce: %s', (_, nonce) => {
    const { ours, output } = accountSession(2)
    const start = () => startSession({ key: output.aggregateKey, message, publicNonces: [ours.publicNonce, nonce] })
    expect(start).toThrow(expect.objectContaining({ detail: { code: 'BAD_PUBLIC_NONCE', signer: 1 } }))
  })

  test('opposite nonces add up to infinity and still sign', () => {
    const { ours, output } = accountSession(2)
    const opposite = Uint8Array.from(ours.publicNonce, (byte, i) => (i === 0 || i === 33 ? byte ^ 1 : byte))
    expect(aggregateNonces([ours.publicNonce, opposite])).toEqual(new Uint8Array(66))
    const session = startSession({ key: output.aggregateKey, message, publicNonces: [ours.publicNonce, opposite] })
    const signature = signPartial(session, ours.secretNonce, trader)
    const { publicNonce } = ours
    expect(verifyPartial(session, { signature, publicNonce, publicKey: traderKey })).toBe(true)
  })

  test.each([31, 33, 64])('partial signature of %i bytes', (length) => {
    const { ours, session } = accountSession(1)
    const signature = new Uint8Array(length).fill(1)
    expect(verifyPartial(session, { signature, publicNonce: ours.publicNonce, publicKey: traderKey })).toBe(false)
    expect(() => combinePartials(session, [signature])).toThrow(
      expect.objectContaining({ code: 'BAD_PARTIAL_SIGNATURE' }),
    )
  })

  test('a wrong partial signature does not combine', () => {
    const { ours, session } = accountSession(1)
    const good = signPartial(session, ours.secretNonce, trader)
    expect(() => combinePartials(session, [good, good])).toThrow(
      expect.objectContaining({ code: 'BAD_COMBINED_SIGNATURE' }),
    )
  })
})

describe('a secret nonce', () => {
  test('signs once', () => {
    const { ours, session } = accountSession(2)
    signPartial(session, ours.secretNonce, trader)
    expect(() => signPartial(session, ours.secretNonce, trader)).toThrow(
      expect.objectContaining({ code: 'NONCE_ALREADY_USED' }),
    )
  })

  test('signs for its own key only, and survives the attempt', () => {
    const { ours, session } = accountSession(2)
    expect(() => signPartial(session, ours.secretNonce, auctioneer)).toThrow(
      expect.objectContaining({ code: 'NOT_A_SIGNER' }),
    )
    expect(signPartial(session, ours.secretNonce, trader)).toHaveLength(32)
  })

  test('does not show in JSON', () => {
    const { secretNonce } = generateNonce(hash('random'), { publicKey: traderKey })
    expect(JSON.stringify(secretNonce)).toBe(JSON.stringify({ publicKey: traderKey }))
  })

  test('differs for every input', () => {
    const base = { publicKey: traderKey, secretKey: trader, message }
    const other = [
      generateNonce(hash('random'), base),
      generateNonce(hash('other'), base),
      generateNonce(hash('random'), { ...base, message: hash('x') }),
      generateNonce(hash('random'), { ...base, aggregateKey: hash('x') }),
      generateNonce(hash('random'), { ...base, extra: hash('x') }),
    ]
    expect(new Set(other.map((pair) => toHex(pair.publicNonce))).size).toBe(other.length)
  })
})

const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter(isSecret)
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('against another implementation', () => {
  test('keys, nonces, partial and final signatures of 1.0.0rc2', () => {
    fc.assert(
      fc.property(secret, secret, digest, digest, (a, b, root, msg) => {
        const keys = [a, b].map((s) => pubKey(pointFromSecret(s)))
        const ours = aggregateKeys('1.0.0rc2', keys, { kind: 'root', merkleRoot: root })
        const sorted = musig2.sortKeys(keys.map(idToBytes))
        const plain = musig2.keyAggExport(musig2.keyAggregate(sorted))
        expect(xOnly(ours.untweaked)).toEqual(plain)
        const tweak = tapTweakHash(plain, root)
        expect(xOnly(ours.point)).toEqual(musig2.keyAggExport(musig2.keyAggregate(sorted, [tweak], [true])))

        const mine = generateNonce(root, { publicKey: pubKey(pointFromSecret(a)), secretKey: a, message: msg })
        const theirs = musig2.nonceGen(pointFromSecret(b), b, xOnly(ours.point), msg)
        const aggregate = aggregateNonces([mine.publicNonce, theirs.public])
        expect(aggregate).toEqual(musig2.nonceAggregate([mine.publicNonce, theirs.public]))
        const session = startSession({ key: ours, message: msg, publicNonces: [theirs.public, mine.publicNonce] })
        const reference = new musig2.Session(aggregate, sorted, msg, [tweak], [true])
        const minePartial = signPartial(session, mine.secretNonce, a)
        const theirPartial = reference.sign(theirs.secret, b)
        const publicKey = pubKey(pointFromSecret(b))
        const partial = { signature: theirPartial, publicNonce: theirs.public, publicKey }
        expect(verifyPartial(session, partial)).toBe(true)
        expect(combinePartials(session, [minePartial, theirPartial])).toEqual(
          reference.partialSigAgg([minePartial, theirPartial]),
        )
      }),
      { numRuns: 25 },
    )
  })

  test.each(['0.4.0', '1.0.0rc2'] as const)('both parities and tweaks sign under %s', (version: MuSig2Version) => {
    fc.assert(
      fc.property(secret, secret, digest, digest, fc.constantFrom('none', 'bip86', 'root'), (a, b, msg, root, kind) => {
        const keys = [a, b].map((s) => pubKey(pointFromSecret(s)))
        const tweak = kind === 'root' ? { kind, merkleRoot: root } : { kind }
        const key = aggregateKeys(version, keys, tweak)
        expect(aggregateKeys(version, keys.toReversed(), tweak).point).toEqual(key.point)
        const pairs = [a, b].map((s, i) =>
          generateNonce(sha256(msg, Uint8Array.of(i)), { publicKey: pubKey(pointFromSecret(s)), secretKey: s }),
        )
        const session = startSession({ key, message: msg, publicNonces: pairs.map((pair) => pair.publicNonce) })
        const partials = pairs.map((pair, i) => signPartial(session, pair.secretNonce, [a, b][i] ?? a))
        for (const [i, signature] of partials.entries()) {
          const publicNonce = pairs[i]?.publicNonce ?? new Uint8Array()
          const publicKey = keys[i] ?? traderKey
          expect(verifyPartial(session, { signature, publicNonce, publicKey })).toBe(true)
          expect(verifyPartial(session, { signature: scramble(signature), publicNonce, publicKey })).toBe(false)
        }
        expect(verifySchnorr(msg, xOnly(key.point), combinePartials(session, partials))).toBe(true)
      }),
      { numRuns: 25 },
    )
  })
})

test('each account version has its draft', () => {
  expect(MUSIG2_VERSION_OF_ACCOUNT).toEqual({ 1: '0.4.0', 2: '1.0.0rc2' })
})

test('equal keys of both signers aggregate', () => {
  const key = aggregateKeys('1.0.0rc2', [traderKey, traderKey], { kind: 'bip86' })
  const sorted = [idToBytes(traderKey), idToBytes(traderKey)]
  expect(xOnly(key.untweaked)).toEqual(musig2.keyAggExport(musig2.keyAggregate(sorted)))
  expect(bytes(toHex(key.point))).toHaveLength(33)
})

function scramble(signature: Uint8Array): Uint8Array {
  return Uint8Array.from(signature, (byte, i) => (i === 31 ? byte ^ 1 : byte))
}
