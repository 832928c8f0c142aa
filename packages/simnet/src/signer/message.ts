import {
  derDecode,
  derEncode,
  hash256,
  isPoint,
  isXOnlyPoint,
  pointFromSecret,
  sha256,
  signEcdsa,
  signSchnorr,
  verifyEcdsa,
  verifySchnorr,
} from '@tidepool/crypto'
import { STATUS, type signrpc } from '@tidepool/rpc'
import type { KeyRing } from '../keys/keyRing.ts'
import { LndRefusal } from '../lndRefusal.ts'
import { taprootSecret } from '../wallet/addressBook.ts'
import { locatorOf } from './signingKey.ts'

const FORBIDDEN_TAGS = ['BIP0340', 'TapSighash'] as const

/** signrpc.SignMessage: DER over SHA-256 unless told otherwise. */
export function signMessageRequest(ring: KeyRing, request: signrpc.SignMessageReq): Uint8Array {
  if (request.msg.length === 0) throw new LndRefusal('a message to sign MUST be passed in')
  if (request.keyLoc === undefined) throw new LndRefusal('a key locator MUST be passed in')
  if (request.schnorrSig && request.compactSig) {
    throw new LndRefusal('compact format can not be used for Schnorr signatures')
  }
  if (!request.schnorrSig && request.tag.length > 0) {
    throw new LndRefusal('tag can only be used when the Schnorr signature option is set')
  }
  if (request.compactSig) throw new LndRefusal('compact signatures are not simulated', STATUS.UNIMPLEMENTED)
  const secret = ring.secret(locatorOf(request.keyLoc))
  if (request.schnorrSig) return signWithSchnorr(request, secret)
  const digest = request.doubleHash ? hash256(request.msg) : sha256(request.msg)
  return derEncode(signEcdsa(digest, secret))
}

function signWithSchnorr(request: signrpc.SignMessageReq, secret: Uint8Array): Uint8Array {
  const digest = schnorrDigest(request.msg, request.tag)
  const tweak = request.schnorrSigTapTweak
  const key = tweak.length === 0 ? secret : taprootSecret(secret, pointFromSecret(secret), tweak)
  return signSchnorr(digest, key)
}

/** signrpc.VerifyMessage; a malformed key or signature is an error, a wrong one an answer. */
export function verifyMessageRequest(request: signrpc.VerifyMessageReq): boolean {
  if (request.msg.length === 0) throw new LndRefusal('a message to verify MUST be passed in')
  if (request.signature.length === 0) throw new LndRefusal('a signature to verify MUST be passed in')
  if (request.pubkey.length === 0) throw new LndRefusal('a pubkey to verify MUST be passed in')
  if (request.isSchnorrSig) return verifyWithSchnorr(request)
  if (!isPoint(request.pubkey) || request.pubkey.length !== 33) {
    throw new LndRefusal(`unable to parse pubkey: malformed public key: invalid length: ${request.pubkey.length}`)
  }
  return verifyEcdsa(sha256(request.msg), request.pubkey, parseDer(request.signature))
}

function verifyWithSchnorr(request: signrpc.VerifyMessageReq): boolean {
  const { pubkey, signature } = request
  if (pubkey.length !== 32 || !isXOnlyPoint(pubkey)) {
    throw new LndRefusal(`unable to parse pubkey: bad pubkey byte string size (want 32, have ${pubkey.length})`)
  }
  if (signature.length !== 64) {
    const why = signature.length > 64 ? 'too long' : 'too short'
    const relation = signature.length > 64 ? '>' : '<'
    throw new LndRefusal(
      `can't parse Schnorr signature: malformed signature: ${why}: ${signature.length} ${relation} 64`,
    )
  }
  return verifySchnorr(schnorrDigest(request.msg, request.tag), pubkey, signature)
}

function schnorrDigest(message: Uint8Array, tag: Uint8Array): Uint8Array {
  if (tag.length === 0) return sha256(message)
  const text = Buffer.from(tag).toString()
  for (const forbidden of FORBIDDEN_TAGS) {
    if (text.startsWith(forbidden)) throw new LndRefusal(`tag cannot have ${forbidden} prefix`)
  }
  const prefix = sha256(tag)
  return sha256(prefix, prefix, message)
}

function parseDer(signature: Uint8Array): Uint8Array {
  try {
    return derDecode(signature).signature
  } catch {
    throw new LndRefusal('failed to decode signature: malformed signature: bad length')
  }
}
