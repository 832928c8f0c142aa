import { ripemd160 } from '@noble/hashes/legacy.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { concatBytes } from './bytes.ts'

/** SHA-256 of the parts put together. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1 && parts[0] !== undefined) return nobleSha256(parts[0])
  const hash = nobleSha256.create()
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** SHA-256 twice. */
export const hash256 = (...parts: readonly Uint8Array[]): Uint8Array => nobleSha256(sha256(...parts))
/** RIPEMD-160 of SHA-256. */
export const hash160 = (...parts: readonly Uint8Array[]): Uint8Array => ripemd160(sha256(...parts))

/** Tags of BIP-340, BIP-341 and BIP-327 that we use. */
export type HashTag =
  | 'BIP0340/challenge'
  | 'KeyAgg coefficient'
  | 'KeyAgg list'
  | 'MuSig/aux'
  | 'MuSig/nonce'
  | 'MuSig/noncecoef'
  | 'TapLeaf'
  | 'TapSighash'
  | 'TapTweak'

/** Tagged hash (BIP-340). */
export function taggedHash(tag: HashTag, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256(tagPrefix(tag), ...parts)
}

function tagPrefix(tag: HashTag): Uint8Array {
  const hash = nobleSha256(new TextEncoder().encode(tag))
  return concatBytes(hash, hash)
}
