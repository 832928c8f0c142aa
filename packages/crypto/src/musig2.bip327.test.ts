import { schnorr } from '@noble/curves/secp256k1.js'
import { describe, expect, test } from 'vitest'
import { bytes, loadVectors } from '../test/loadVectors.ts'
import { compareBytes, concatBytes, toHex } from './bytes.ts'
import { pointFromSecret } from './curve.ts'
import { pubKey } from './ids.ts'
import { combinePartials, sessionFromAggregate, signPartial, verifyPartial } from './musig2.ts'
import { aggregateInOrder, applyTweak, xOnly } from './musig2Keys.ts'
import type { AggregateKey } from './musig2Keys.ts'
import { SecretNonce, aggregateNonces, generateNonce } from './musig2Nonce.ts'
import { hashToScalar, scalarBytes } from './scalar.ts'

interface VectorError {
  readonly error: { readonly type: string; readonly signer?: number | null; readonly contrib?: string }
  readonly comment: string
}

const pick = (list: readonly string[], indices: readonly number[]) => indices.map((i) => bytes(list[i] ?? ''))
const lower = (hex: string) => hex.toLowerCase()

function aggregate(keys: readonly Uint8Array[], tweaks: readonly Uint8Array[], isXOnly: readonly boolean[]) {
  const start = aggregateInOrder('1.0.0rc2', keys)
  return tweaks.reduce((key: AggregateKey, tweak, i) => applyTweak(key, tweak, isXOnly[i] ?? false), start)
}

describe('BIP-327 key aggregation', () => {
  interface KeyCase {
    readonly key_indices: readonly number[]
    readonly expected: string
  }
  interface KeyError extends VectorError {
    readonly key_indices: readonly number[]
    readonly tweak_indices: readonly number[]
    readonly is_xonly: readonly boolean[]
  }
  const vectors = loadVectors<{
    pubkeys: readonly string[]
    tweaks: readonly string[]
    valid_test_cases: readonly KeyCase[]
    error_test_cases: readonly KeyError[]
  }>('bip-0327/key_agg_vectors.json')

  test.each(vectors.valid_test_cases)('keys $key_indices', (entry) => {
    const key = aggregateInOrder('1.0.0rc2', pick(vectors.pubkeys, entry.key_indices))
    expect(toHex(xOnly(key.point))).toBe(lower(entry.expected))
  })

  test.each(vectors.error_test_cases)('refused: $comment', (entry) => {
    const run = () =>
      aggregate(pick(vectors.pubkeys, entry.key_indices), pick(vectors.tweaks, entry.tweak_indices), entry.is_xonly)
    const keyProblem = entry.error.contrib === 'pubkey'
    const tweakProblem = entry.comment.includes('infinity') ? 'POINT_AT_INFINITY' : 'BAD_TWEAK'
    expect(run).toThrow(expect.objectContaining({ code: keyProblem ? 'BAD_POINT' : tweakProblem }))
  })

  test('sorting', () => {
    const sort = loadVectors<{ pubkeys: string[]; sorted_pubkeys: string[] }>('bip-0327/key_sort_vectors.json')
    expect(sort.pubkeys.map(bytes).toSorted(compareBytes)).toEqual(sort.sorted_pubkeys.map(bytes))
  })
})

describe('BIP-327 nonces', () => {
  interface GenCase {
    readonly rand_: string
    readonly sk: string | null
    readonly pk: string
    readonly aggpk: string | null
    readonly msg: string | null
    readonly extra_in: string | null
    readonly expected_secnonce: string
    readonly expected_pubnonce: string
  }
  const generation = loadVectors<{ test_cases: readonly GenCase[] }>('bip-0327/nonce_gen_vectors.json')
  test.each(generation.test_cases)('generation, message $msg', (entry) => {
    const { secretNonce, publicNonce } = generateNonce(bytes(entry.rand_), {
      publicKey: pubKey(bytes(entry.pk)),
      ...(entry.sk !== null && { secretKey: bytes(entry.sk) }),
      ...(entry.aggpk !== null && { aggregateKey: bytes(entry.aggpk) }),
      ...(entry.msg !== null && { message: bytes(entry.msg) }),
      ...(entry.extra_in !== null && { extra: bytes(entry.extra_in) }),
    })
    expect(toHex(publicNonce)).toBe(lower(entry.expected_pubnonce))
    expect(toHex(secretNonce.take()) + secretNonce.publicKey).toBe(lower(entry.expected_secnonce))
  })

  interface AggCase {
    readonly pnonce_indices: readonly number[]
    readonly expected: string
  }
  const aggregation = loadVectors<{
    pnonces: readonly string[]
    valid_test_cases: readonly AggCase[]
    error_test_cases: readonly (AggCase & VectorError)[]
  }>('bip-0327/nonce_agg_vectors.json')
  test.each(aggregation.valid_test_cases)('aggregation of $pnonce_indices', (entry) => {
    expect(toHex(aggregateNonces(pick(aggregation.pnonces, entry.pnonce_indices)))).toBe(lower(entry.expected))
  })
  test.each(aggregation.error_test_cases)('refused: $comment', (entry) => {
    const detail = { code: 'BAD_PUBLIC_NONCE', signer: entry.error.signer }
    expect(() => aggregateNonces(pick(aggregation.pnonces, entry.pnonce_indices))).toThrow(
      expect.objectContaining({ detail }),
    )
  })
})

interface Base {
  readonly key_indices: readonly number[]
  readonly comment?: string
}

describe('BIP-327 signing', () => {
  interface SignCase extends Base {
    readonly nonce_indices: readonly number[]
    readonly aggnonce_index: number
    readonly msg_index: number
    readonly signer_index: number
    readonly secnonce_index?: number
    readonly expected: string
    readonly sig: string
  }
  const vectors = loadVectors<{
    sk: string
    pubkeys: readonly string[]
    secnonces: readonly string[]
    pnonces: readonly string[]
    aggnonces: readonly string[]
    msgs: readonly string[]
    valid_test_cases: readonly SignCase[]
    sign_error_test_cases: readonly (SignCase & VectorError)[]
    verify_fail_test_cases: readonly SignCase[]
    verify_error_test_cases: readonly (SignCase & VectorError)[]
  }>('bip-0327/sign_verify_vectors.json')
  const nonce = (index: number) => {
    const all = bytes(vectors.secnonces[index] ?? '')
    return new SecretNonce(all.subarray(0, 64), pubKey(all.subarray(64)))
  }
  const message = (entry: SignCase) => bytes(vectors.msgs[entry.msg_index] ?? '')

  test.each(vectors.valid_test_cases)('signs and verifies, keys $key_indices, message $msg_index', (entry) => {
    const keys = pick(vectors.pubkeys, entry.key_indices)
    const publicNonces = pick(vectors.pnonces, entry.nonce_indices)
    const aggregateNonce = aggregateNonces(publicNonces)
    expect(toHex(aggregateNonce)).toBe(lower(vectors.aggnonces[entry.aggnonce_index] ?? ''))
    const session = sessionFromAggregate(aggregateInOrder('1.0.0rc2', keys), message(entry), aggregateNonce)
    const signature = signPartial(session, nonce(0), bytes(vectors.sk))
    expect(toHex(signature)).toBe(lower(entry.expected))
    const publicNonce = publicNonces[entry.signer_index] ?? new Uint8Array()
    const publicKey = pubKey(keys[entry.signer_index] ?? new Uint8Array())
    expect(verifyPartial(session, { signature, publicNonce, publicKey })).toBe(true)
  })

  test.each(vectors.sign_error_test_cases)('refuses to sign: $comment', (entry) => {
    const run = () => {
      const key = aggregateInOrder('1.0.0rc2', pick(vectors.pubkeys, entry.key_indices))
      const session = sessionFromAggregate(key, message(entry), bytes(vectors.aggnonces[entry.aggnonce_index] ?? ''))
      signPartial(session, nonce(entry.secnonce_index ?? 0), bytes(vectors.sk))
    }
    const invalidPoint = entry.error.type === 'invalid_contribution' ? 'BAD_POINT' : undefined
    const value = entry.comment.includes('not in the list') ? 'NOT_A_SIGNER' : 'NONCE_ALREADY_USED'
    expect(run).toThrow(expect.objectContaining({ code: invalidPoint ?? value }))
  })

  function verify(entry: SignCase): boolean {
    const keys = pick(vectors.pubkeys, entry.key_indices)
    const publicNonces = pick(vectors.pnonces, entry.nonce_indices)
    const key = aggregateInOrder('1.0.0rc2', keys)
    const session = sessionFromAggregate(key, message(entry), aggregateNonces(publicNonces))
    return verifyPartial(session, {
      signature: bytes(entry.sig),
      publicNonce: publicNonces[entry.signer_index] ?? new Uint8Array(),
      publicKey: pubKey(keys[entry.signer_index] ?? new Uint8Array()),
    })
  }
  test.each(vectors.verify_fail_test_cases)('does not verify: $comment', (entry) => {
    expect(verify(entry)).toBe(false)
  })
  test.each(vectors.verify_error_test_cases)('refuses to verify: $comment', (entry) => {
    const code = entry.error.contrib === 'pubkey' ? 'BAD_POINT' : 'BAD_PUBLIC_NONCE'
    expect(() => verify(entry)).toThrow(expect.objectContaining({ code }))
  })
})

describe('BIP-327 tweaks', () => {
  interface TweakCase extends Base {
    readonly nonce_indices: readonly number[]
    readonly tweak_indices: readonly number[]
    readonly is_xonly: readonly boolean[]
    readonly signer_index: number
    readonly expected: string
  }
  const vectors = loadVectors<{
    sk: string
    secnonce: string
    pubkeys: readonly string[]
    pnonces: readonly string[]
    aggnonce: string
    tweaks: readonly string[]
    msg: string
    valid_test_cases: readonly TweakCase[]
    error_test_cases: readonly (TweakCase & VectorError)[]
  }>('bip-0327/tweak_vectors.json')
  function sign(entry: TweakCase): boolean {
    const keys = pick(vectors.pubkeys, entry.key_indices)
    const key = aggregate(keys, pick(vectors.tweaks, entry.tweak_indices), entry.is_xonly)
    const session = sessionFromAggregate(key, bytes(vectors.msg), bytes(vectors.aggnonce))
    const secret = bytes(vectors.secnonce)
    const nonce = new SecretNonce(secret.slice(0, 64), pubKey(secret.slice(64)))
    const signature = signPartial(session, nonce, bytes(vectors.sk))
    expect(toHex(signature)).toBe(lower(entry.expected))
    const publicNonce = pick(vectors.pnonces, entry.nonce_indices)[entry.signer_index] ?? new Uint8Array()
    const publicKey = pubKey(keys[entry.signer_index] ?? new Uint8Array())
    return verifyPartial(session, { signature, publicNonce, publicKey })
  }
  test.each(vectors.valid_test_cases)('$comment', (entry) => {
    expect(sign(entry)).toBe(true)
  })
  test.each(vectors.error_test_cases)('refused: $comment', (entry) => {
    expect(() => sign(entry)).toThrow(expect.objectContaining({ code: 'BAD_TWEAK' }))
  })
})

describe('BIP-327 signature aggregation', () => {
  interface SumCase extends Base {
    readonly aggnonce: string
    readonly nonce_indices: readonly number[]
    readonly tweak_indices: readonly number[]
    readonly is_xonly: readonly boolean[]
    readonly psig_indices: readonly number[]
    readonly expected: string
  }
  const vectors = loadVectors<{
    pubkeys: readonly string[]
    pnonces: readonly string[]
    tweaks: readonly string[]
    psigs: readonly string[]
    msg: string
    valid_test_cases: readonly SumCase[]
    error_test_cases: readonly (SumCase & VectorError)[]
  }>('bip-0327/sig_agg_vectors.json')
  function combine(entry: SumCase): string {
    const keys = pick(vectors.pubkeys, entry.key_indices)
    const key = aggregate(keys, pick(vectors.tweaks, entry.tweak_indices), entry.is_xonly)
    const aggregateNonce = aggregateNonces(pick(vectors.pnonces, entry.nonce_indices))
    expect(toHex(aggregateNonce)).toBe(lower(entry.aggnonce))
    const session = sessionFromAggregate(key, bytes(vectors.msg), aggregateNonce)
    return toHex(combinePartials(session, pick(vectors.psigs, entry.psig_indices)))
  }
  test.each(vectors.valid_test_cases)('keys $key_indices, tweaks $tweak_indices', (entry) => {
    expect(combine(entry)).toBe(lower(entry.expected))
  })
  test.each(vectors.error_test_cases)('refused: $comment', (entry) => {
    const detail = { code: 'BAD_PARTIAL_SIGNATURE', signer: entry.error.signer }
    expect(() => combine(entry)).toThrow(expect.objectContaining({ detail }))
  })
})

/** We never sign deterministically, but the vectors check signing all the same: only the nonces are made here. */
describe('BIP-327 deterministic signing', () => {
  interface DetCase extends Base {
    readonly rand: string | null
    readonly aggothernonce: string
    readonly tweaks: readonly string[]
    readonly is_xonly: readonly boolean[]
    readonly msg_index: number
    readonly signer_index: number
    readonly expected: readonly [string, string]
  }
  const vectors = loadVectors<{
    sk: string
    pubkeys: readonly string[]
    msgs: readonly string[]
    valid_test_cases: readonly DetCase[]
    error_test_cases: readonly (DetCase & VectorError)[]
  }>('bip-0327/det_sign_vectors.json')
  const tagged = (tag: string, ...parts: readonly Uint8Array[]) => schnorr.utils.taggedHash(tag, ...parts)

  function sign(entry: DetCase): readonly [string, string] {
    const secret = bytes(vectors.sk)
    const mask = entry.rand === null ? new Uint8Array(32) : tagged('MuSig/aux', bytes(entry.rand))
    const masked = secret.map((byte, i) => byte ^ (mask[i] ?? 0))
    const key = aggregate(pick(vectors.pubkeys, entry.key_indices), entry.tweaks.map(bytes), entry.is_xonly)
    const message = bytes(vectors.msgs[entry.msg_index] ?? '')
    const length = scalarBytes(BigInt(message.length)).subarray(24)
    const parts = [masked, bytes(entry.aggothernonce), xOnly(key.point), length, message]
    const [k1, k2] = [0, 1].map((i) =>
      scalarBytes(hashToScalar(tagged('MuSig/deterministic/nonce', ...parts, Uint8Array.of(i)))),
    ) as [Uint8Array, Uint8Array]
    const publicNonce = concatBytes(pointFromSecret(k1), pointFromSecret(k2))
    const session = sessionFromAggregate(key, message, aggregateNonces([publicNonce, bytes(entry.aggothernonce)]))
    const nonce = new SecretNonce(concatBytes(k1, k2), pubKey(pointFromSecret(secret)))
    return [toHex(publicNonce), toHex(signPartial(session, nonce, secret))]
  }
  test.each(vectors.valid_test_cases)('keys $key_indices', (entry) => {
    expect(sign(entry)).toEqual(entry.expected.map(lower))
  })
  test.each(vectors.error_test_cases)('refused: $comment', (entry) => {
    const codes = { pubkey: 'BAD_POINT', aggothernonce: 'BAD_PUBLIC_NONCE' } as const
    const contribution = codes[entry.error.contrib as keyof typeof codes]
    const value = entry.comment.includes('Tweak') ? 'BAD_TWEAK' : 'NOT_A_SIGNER'
    expect(() => sign(entry)).toThrow(expect.objectContaining({ code: contribution ?? value }))
  })
})
