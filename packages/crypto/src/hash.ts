import { hash as nodeHash } from 'node:crypto'
import { ripemd160 } from '@noble/hashes/legacy.js'
import { concatBytes } from './bytes.ts'

/** SHA-256 of the parts put together. By Node's own code: ten times as fast on a batch transaction (ADR-0064). */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts
  return Uint8Array.from(
    nodeHash('sha256', parts.length === 1 && only !== undefined ? only : concatBytes(...parts), 'buffer'),
  )
}

/** SHA-256 twice. */
export const hash256 = (...parts: readonly Uint8Array[]): Uint8Array => sha256(sha256(...parts))
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

const prefixes = new Map<HashTag, Uint8Array>()

function tagPrefix(tag: HashTag): Uint8Array {
  const known = prefixes.get(tag)
  if (known !== undefined) return known
  const hash = sha256(Buffer.from(tag))
  const prefix = concatBytes(hash, hash)
  prefixes.set(tag, prefix)
  return prefix
}
