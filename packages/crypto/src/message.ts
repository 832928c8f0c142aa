import { SignatureError, derDecode, derEncode } from './der.ts'
import { sha256 } from './hash.ts'
import { signEcdsa, verifyEcdsa } from './curve.ts'
import { idToBytes } from './ids.ts'
import type { PubKey } from './ids.ts'

/** DER signature over SHA-256 of the message, the way lnd's `signrpc.Signer.SignMessage` makes it. */
export function signMessage(message: Uint8Array, secret: Uint8Array): Uint8Array {
  return derEncode(signEcdsa(sha256(message), secret))
}

/** False for a malformed or wrong signature; accepts high S, as lnd does. */
export function verifyMessage(message: Uint8Array, signatureDer: Uint8Array, publicKey: PubKey): boolean {
  try {
    return verifyEcdsa(sha256(message), idToBytes(publicKey), derDecode(signatureDer).signature)
  } catch (error) {
    if (error instanceof SignatureError) return false
    throw error
  }
}
