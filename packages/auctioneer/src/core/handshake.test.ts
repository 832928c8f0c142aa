import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  accountAuthMessage,
  accountCommitment,
  accountKey,
  fromHex,
  pointFromSecret,
  sha256,
  toHex,
  verifyMessage,
} from '@tidepool/crypto'
import { batchVersion } from '@tidepool/market'
import {
  HandshakeError,
  MAX_OPEN_COMMITMENTS,
  NO_HANDSHAKES,
  challengeCommitment,
  isKnownBatchVersion,
  verifySubscription,
} from './handshake.ts'
import type { Handshakes } from './handshake.ts'

type VectorCase =
  | {
      readonly kind: 'handshake'
      readonly private_key: string
      readonly trader_key: string
      readonly commit_nonce: string
      readonly server_nonce: string
      readonly batch_version: number
      readonly commit_hash: string
      readonly challenge: string
      readonly auth_hash: string
      readonly ecdsa_hash: string
      readonly auth_sig_der: string
      readonly auth_sig_raw64: string
    }
  | {
      readonly kind: 'handshake_odd_challenge'
      readonly private_key: string
      readonly commit_nonce: string
      readonly challenge: string
      readonly auth_sig_der: string
    }

const file = new URL('../../test/vectors/pool/handshake.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly VectorCase[] }
const regular = cases.filter((entry) => entry.kind === 'handshake')
const odd = cases.filter((entry) => entry.kind === 'handshake_odd_challenge')

/** The vectors announce versions our server may not know; the handshake itself is what is compared. */
const VERSION = batchVersion(58)

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run()
    return undefined
  } catch (error) {
    return error instanceof HandshakeError ? error.code : 'another error'
  }
}

function begin(entry: (typeof regular)[number], open: Handshakes = NO_HANDSHAKES) {
  return challengeCommitment(open, fromHex(entry.commit_hash), VERSION, fromHex(entry.server_nonce))
}

const subscription = (entry: (typeof regular)[number]) => ({
  traderKey: accountKey(entry.trader_key),
  commitNonce: fromHex(entry.commit_nonce),
  authSig: fromHex(entry.auth_sig_der),
})

describe('handshake vectors', () => {
  it('has all cases', () => expect([regular.length, odd.length]).toEqual([12, 3]))

  it.each(regular)('$trader_key', (entry) => {
    const { open, challenge } = begin(entry)
    expect(toHex(challenge)).toBe(entry.challenge)
    const auth = accountAuthMessage(fromHex(entry.commit_hash), challenge)
    expect(toHex(auth)).toBe(entry.auth_hash)
    expect(toHex(sha256(auth))).toBe(entry.ecdsa_hash)
    expect(verifySubscription(open, subscription(entry))).toEqual({ open: new Map(), batchVersion: VERSION })
    const raw = { ...subscription(entry), authSig: fromHex(entry.auth_sig_raw64) }
    expect(verifySubscription(open, raw).batchVersion).toBe(VERSION)
  })

  it.each(odd)('a challenge of other than 32 bytes: $challenge', (entry) => {
    const key = accountKey(pointFromSecret(fromHex(entry.private_key)))
    const commitment = accountCommitment(key, fromHex(entry.commit_nonce))
    const padded = new Uint8Array(32)
    padded.set(fromHex(entry.challenge).subarray(0, 32))
    const signed = verifyMessage(accountAuthMessage(commitment, padded), fromHex(entry.auth_sig_der), key)
    expect(signed).toBe(true)
    expect(accountAuthMessage(commitment, padded)).toHaveLength(32)
  })
})

describe('handshake', () => {
  const [first, second] = regular
  if (first === undefined || second === undefined) throw new Error('vectors are missing')

  it('lets several accounts interleave on one stream', () => {
    const both = begin(second, begin(first).open).open
    const left = verifySubscription(both, subscription(first)).open
    expect(verifySubscription(left, subscription(second)).open.size).toBe(0)
  })

  it('takes each commitment once', () => {
    const { open } = begin(first)
    expect(codeOf(() => begin(first, open))).toBe('HANDSHAKE_BAD_COMMITMENT')
    const after = verifySubscription(open, subscription(first)).open
    expect(codeOf(() => verifySubscription(after, subscription(first)))).toBe('HANDSHAKE_NO_COMMITMENT')
  })

  it('refuses a wrong nonce, key, signature, and lengths', () => {
    const { open } = begin(first)
    const good = subscription(first)
    const other = subscription(second)
    const refusal = (change: Partial<typeof good>) => codeOf(() => verifySubscription(open, { ...good, ...change }))
    expect(refusal({ commitNonce: other.commitNonce })).toBe('HANDSHAKE_NO_COMMITMENT')
    expect(refusal({ commitNonce: good.commitNonce.subarray(1) })).toBe('HANDSHAKE_NO_COMMITMENT')
    expect(refusal({ commitNonce: new Uint8Array(0) })).toBe('HANDSHAKE_NO_COMMITMENT')
    expect(refusal({ traderKey: other.traderKey })).toBe('HANDSHAKE_NO_COMMITMENT')
    expect(refusal({ authSig: other.authSig })).toBe('HANDSHAKE_BAD_SIGNATURE')
    expect(refusal({ authSig: new Uint8Array(0) })).toBe('HANDSHAKE_BAD_SIGNATURE')
    expect(refusal({ authSig: new Uint8Array(64) })).toBe('HANDSHAKE_BAD_SIGNATURE')
    expect(refusal({ authSig: new Uint8Array(1000) })).toBe('HANDSHAKE_BAD_SIGNATURE')
    const short = () => challengeCommitment(NO_HANDSHAKES, new Uint8Array(31), VERSION, new Uint8Array(32))
    expect(codeOf(short)).toBe('HANDSHAKE_BAD_COMMITMENT')
  })

  it('bounds what one stream may leave open', () => {
    let open = NO_HANDSHAKES
    const commit = (i: number) =>
      challengeCommitment(open, sha256(Uint8Array.of(i & 255, i >> 8)), VERSION, new Uint8Array(32)).open
    for (let i = 0; i < MAX_OPEN_COMMITMENTS; i++) open = commit(i)
    expect(codeOf(() => commit(MAX_OPEN_COMMITMENTS))).toBe('HANDSHAKE_TOO_MANY')
  })

  it('knows the versions of the reference', () => {
    const known = [0, 1, 2, 10, 11, 26, 42, 58, 27, 43, 59]
    expect(Array.from({ length: 300 }, (_, v) => v).filter(isKnownBatchVersion)).toEqual(
      known.toSorted((a, b) => a - b),
    )
    const unknown = () => challengeCommitment(NO_HANDSHAKES, new Uint8Array(32), batchVersion(3), new Uint8Array(32))
    expect(codeOf(unknown)).toBe('HANDSHAKE_VERSION_UNSUPPORTED')
  })
})
