import { isPoint, pointMultiply, sha256 } from '@tidepool/crypto'
import type { signrpc } from '@tidepool/rpc'
import { FAMILY, type KeyRing } from '../keys/keyRing.ts'
import { LndRefusal } from '../lndRefusal.ts'
import { locatorOf } from './signingKey.ts'

/** SHA-256 of the compressed ECDH point; the node key when no locator is given. */
export function deriveSharedKey(ring: KeyRing, request: signrpc.SharedKeyRequest): Uint8Array {
  const { ephemeralPubkey } = request
  if (ephemeralPubkey.length !== 33 || !isPoint(ephemeralPubkey)) {
    throw new LndRefusal('error in ephemeral pubkey: pubkey must be serialized in compressed format if specified')
  }
  const point = pointMultiply(ephemeralPubkey, ring.secret(sharedKeyLocator(request)))
  if (point === undefined) throw new LndRefusal('error in ephemeral pubkey: point at infinity')
  return sha256(point)
}

function sharedKeyLocator(request: signrpc.SharedKeyRequest): { family: number; index: number } {
  const { keyLoc, keyDesc } = request
  if (keyDesc !== undefined && keyLoc !== undefined) throw new LndRefusal('use either key_desc or key_loc')
  if (keyDesc === undefined) return keyLoc === undefined ? { family: FAMILY.node, index: 0 } : locatorOf(keyLoc)
  if (keyDesc.keyLoc === undefined) {
    throw new LndRefusal('when setting key_desc the field key_desc.key_loc must also be set')
  }
  if (keyDesc.rawKeyBytes.length > 0 && keyDesc.keyLoc.keyIndex !== 0) {
    throw new LndRefusal('use either raw_key_bytes or key_index')
  }
  return locatorOf(keyDesc.keyLoc)
}
