import { fromHex, pubKey, verifyMessage } from '@tidepool/crypto'
import type { SignedDigest } from '../../ports/signatures.ts'

const DIGEST = 32
const KEY = 33
/** A DER signature is never longer. */
const SIGNATURE = 72
const SIZE = DIGEST + KEY + 1 + SIGNATURE

/** Whether it can be packed; what is longer is no signature. */
export const fits = ({ digest, signature }: SignedDigest): boolean =>
  digest.length === DIGEST && signature.length <= SIGNATURE

/** Many as one piece of memory. */
export function pack(all: readonly SignedDigest[]): Uint8Array {
  const packed = new Uint8Array(all.length * SIZE)
  for (const [i, { digest, signature, key }] of all.entries()) {
    const at = i * SIZE
    packed.set(digest, at)
    packed.set(fromHex(key), at + DIGEST)
    packed[at + DIGEST + KEY] = signature.length
    packed.set(signature, at + SIZE - SIGNATURE)
  }
  return packed
}

/** A byte for each, 1 for a good one. */
export function checkPacked(packed: Uint8Array): Uint8Array {
  const verdicts = new Uint8Array(packed.length / SIZE)
  for (let i = 0; i < verdicts.length; i++) {
    const at = i * SIZE
    const key = pubKey(packed.subarray(at + DIGEST, at + DIGEST + KEY))
    const from = at + SIZE - SIGNATURE
    const signature = packed.subarray(from, from + (packed[at + DIGEST + KEY] ?? 0))
    verdicts[i] = verifyMessage(packed.subarray(at, at + DIGEST), signature, key) ? 1 : 0
  }
  return verdicts
}
