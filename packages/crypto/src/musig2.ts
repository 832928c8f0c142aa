import { concatBytes, equalBytes, expectLength } from './bytes.ts'
import { pointFromSecret, pointMultiply, pointNegate, verifySchnorr } from './curve.ts'
import { taggedHash } from './hash.ts'
import { idToBytes, pubKey } from './ids.ts'
import type { PubKey } from './ids.ts'
import { MuSig2Error } from './musig2Error.ts'
import { addPoints, coefficientOf, isOdd, liftedKey, signerKey, xOnly } from './musig2Keys.ts'
import type { AggregateKey } from './musig2Keys.ts'
import { aggregateNonce, checkingNonces, parseAggregateNonce, sumNonces } from './musig2Nonce.ts'
import type { NonceSum, SecretNonce } from './musig2Nonce.ts'
import { GROUP_ORDER, bytesToInt, hashToScalar, modOrder, scalarBytes } from './scalar.ts'

/** Session Context of BIP-327 with its derived values. Holds nothing secret. */
export interface MuSig2Session {
  readonly key: AggregateKey
  readonly message: Uint8Array
  readonly aggregateNonce: Uint8Array
  /** Binding factor of the second nonce. */
  readonly b: bigint
  /** Final nonce point, 33 bytes. */
  readonly r: Uint8Array
  /** BIP-340 challenge. */
  readonly e: bigint
}

/** A session over a 32-byte sighash, from the public nonces of all signers in any order. @throws MuSig2Error BAD_PUBLIC_NONCE */
export function startSession(params: {
  readonly key: AggregateKey
  readonly message: Uint8Array
  readonly publicNonces: readonly Uint8Array[]
}): MuSig2Session {
  const message = expectLength(params.message, 32, 'message')
  const sum = sumNonces(params.publicNonces)
  return sessionValues(params.key, message, aggregateNonce(sum), sum)
}

/** GetSessionValues of BIP-327, which allows messages of any length. */
export function sessionFromAggregate(key: AggregateKey, message: Uint8Array, nonce: Uint8Array): MuSig2Session {
  return sessionValues(key, message, nonce, parseAggregateNonce(nonce))
}

function sessionValues(key: AggregateKey, message: Uint8Array, nonce: Uint8Array, [r1, r2]: NonceSum): MuSig2Session {
  const output = xOnly(key.point)
  const b = hashToScalar(taggedHash('MuSig/noncecoef', nonce, output, message))
  const sum = addPoints(r1, r2 === undefined ? undefined : pointMultiply(r2, scalarBytes(b)))
  const r = sum ?? pointFromSecret(scalarBytes(1n))
  const e = hashToScalar(taggedHash('BIP0340/challenge', xOnly(r), output, message))
  return { key, message, aggregateNonce: nonce, b, r, e }
}

/** A secret key with its point, for those who sign with it again and again. */
export interface KeyPair {
  readonly secretKey: Uint8Array
  readonly publicKey: PubKey
}

const keyPair = (secretKey: Uint8Array): KeyPair => ({ secretKey, publicKey: pubKey(pointFromSecret(secretKey)) })

/** Sign of BIP-327, spending the nonce. @throws MuSig2Error NONCE_ALREADY_USED, NOT_A_SIGNER */
export function signPartial(session: MuSig2Session, nonce: SecretNonce, key: Uint8Array | KeyPair): Uint8Array {
  const own = key instanceof Uint8Array ? keyPair(key) : key
  const { secretKey } = own
  const publicKey = idToBytes(own.publicKey)
  if (own.publicKey !== nonce.publicKey) {
    throw new MuSig2Error({ code: 'NOT_A_SIGNER' }, 'the secret nonce was drawn for another key')
  }
  const coefficient = coefficientOf(session.key, publicKey)
  const scalars = nonce.take()
  const nonceSign = isOdd(session.r) ? -1n : 1n
  const k1 = nonceSign * secretScalar(scalars.subarray(0, 32))
  const k2 = nonceSign * secretScalar(scalars.subarray(32))
  scalars.fill(0)
  // Only draft 0.4.0 has the sign of the signer's own key: there the aggregate holds the even lift.
  const ownSign = session.key.version === '0.4.0' && isOdd(publicKey) ? -1n : 1n
  const d = keySign(session.key) * ownSign * bytesToInt(secretKey)
  return scalarBytes(k1 + session.b * k2 + session.e * coefficient * modOrder(d))
}

export interface PartialSignature {
  readonly signature: Uint8Array
  /** 66 bytes, of this signer. */
  readonly publicNonce: Uint8Array
  readonly publicKey: PubKey
}

/** PartialSigVerify of BIP-327; false blames this signer. @throws MuSig2Error NOT_A_SIGNER, BAD_PUBLIC_NONCE */
export function verifyPartial(session: MuSig2Session, partial: PartialSignature): boolean {
  const publicKey = idToBytes(partial.publicKey)
  const coefficient = coefficientOf(session.key, publicKey)
  const { publicNonce } = partial
  if (partial.signature.length !== 32) return false
  const s = bytesToInt(partial.signature)
  if (s === 0n || s >= GROUP_ORDER) return false
  const [r1, r2] = [publicNonce.subarray(0, 33), publicNonce.subarray(33)]
  const sum = checkingNonces([publicNonce], () => addPoints(r1, pointMultiply(r2, scalarBytes(session.b))))
  const nonce = sum !== undefined && isOdd(session.r) ? pointNegate(sum) : sum
  const point = liftedKey(signerKey(session.key.version, publicKey))
  const share = session.e * coefficient * keySign(session.key)
  const expected = addPoints(nonce, pointMultiply(point, scalarBytes(share)))
  return expected !== undefined && equalBytes(pointFromSecret(partial.signature), expected)
}

/** PartialSigAgg of BIP-327, which may give what verifies under no key. @throws MuSig2Error BAD_PARTIAL_SIGNATURE naming the signer */
export function addPartials(session: MuSig2Session, partials: readonly Uint8Array[]): Uint8Array {
  let s = session.e * keyParity(session.key) * session.key.tacc
  for (const [signer, partial] of partials.entries()) {
    const value = partial.length === 32 ? bytesToInt(partial) : GROUP_ORDER
    if (value >= GROUP_ORDER) {
      const message = `partial signature of signer ${signer}: expected a scalar of 32 bytes`
      throw new MuSig2Error({ code: 'BAD_PARTIAL_SIGNATURE', signer }, message)
    }
    s += value
  }
  return concatBytes(xOnly(session.r), scalarBytes(s))
}

/** The same, checked as BIP-340 under the aggregate key. @throws MuSig2Error BAD_PARTIAL_SIGNATURE, BAD_COMBINED_SIGNATURE */
export function combinePartials(session: MuSig2Session, partials: readonly Uint8Array[]): Uint8Array {
  const signature = addPartials(session, partials)
  if (!verifySchnorr(session.message, xOnly(session.key.point), signature)) {
    throw new MuSig2Error({ code: 'BAD_COMBINED_SIGNATURE' }, 'the partial signatures do not make a valid signature')
  }
  return signature
}

/** g·gacc: what BIP-327 multiplies every secret key with. */
const keySign = (key: AggregateKey): bigint => keyParity(key) * key.gacc
const keyParity = (key: AggregateKey): bigint => (isOdd(key.point) ? GROUP_ORDER - 1n : 1n)

function secretScalar(bytes: Uint8Array): bigint {
  const value = bytesToInt(bytes)
  if (value === 0n || value >= GROUP_ORDER) {
    throw new MuSig2Error({ code: 'NONCE_ALREADY_USED' }, 'the secret nonce is no pair of scalars, or was wiped')
  }
  return value
}
