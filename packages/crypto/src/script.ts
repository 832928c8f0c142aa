import { concatBytes, expectLength } from './bytes.ts'
import { hash160, sha256, taggedHash } from './hash.ts'
import { varBytes } from './encode.ts'

/** Version byte of the only tap leaf kind in use (BIP-342). */
export const TAP_LEAF_VERSION = 0xc0

/** Output script that pays a witness script (BIP-141). */
export const p2wshScript = (witnessScript: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(0x00, 32), sha256(witnessScript))

/** Output script that pays a 33-byte key (BIP-141). */
export const p2wpkhScript = (publicKey: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(0x00, 20), hash160(publicKey))

/** Output script of a taproot output key (BIP-341). */
export const p2trScript = (outputKey: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(0x51, 32), expectLength(outputKey, 32, 'output key'))

/** Hash of a tap leaf, which is the Merkle root of a tree with one leaf (BIP-341). */
export const tapLeafHash = (script: Uint8Array): Uint8Array =>
  taggedHash('TapLeaf', Uint8Array.of(TAP_LEAF_VERSION), varBytes(script))

/** Tweak of an x-only internal key; no root means no script path (BIP-341, BIP-86). */
export const tapTweakHash = (internalKey: Uint8Array, merkleRoot: Uint8Array = new Uint8Array()): Uint8Array =>
  taggedHash('TapTweak', expectLength(internalKey, 32, 'internal key'), merkleRoot)
