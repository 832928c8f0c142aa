import { createDecipheriv } from 'node:crypto'
import { hchacha } from '@noble/ciphers/chacha.js'
import { concatBytes, expectLength } from './bytes.ts'

const NONCE_BYTES = 24
const TAG_BYTES = 16

/**
 * What XChaCha20-Poly1305 sealed: the key for this nonce is derived, the rest is done by the platform's cipher.
 * Throws when the tag, the last 16 bytes, is not of this key, nonce, `associated` data and text.
 * draft-irtf-cfrg-xchacha §2
 */
export function openXChaCha(
  sealed: Uint8Array,
  params: { readonly key: Uint8Array; readonly nonce: Uint8Array; readonly associated: Uint8Array },
): Uint8Array {
  const nonce = expectLength(params.nonce, NONCE_BYTES, 'nonce')
  const derived = deriveKey(expectLength(params.key, 32, 'key'), nonce.subarray(0, 16))
  const rest = concatBytes(new Uint8Array(4), nonce.subarray(16))
  const decipher = createDecipheriv('chacha20-poly1305', derived, rest, { authTagLength: TAG_BYTES })
  const plaintextLength = Math.max(0, sealed.length - TAG_BYTES)
  decipher.setAAD(params.associated, { plaintextLength })
  decipher.setAuthTag(sealed.subarray(plaintextLength))
  const text = decipher.update(sealed.subarray(0, plaintextLength))
  return concatBytes(text, decipher.final())
}

const SIGMA = words(Buffer.from('expand 32-byte k'))

/** HChaCha20 */
function deriveKey(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const out = new Uint32Array(8)
  hchacha(SIGMA, words(key), words(nonce), out)
  const bytes = Buffer.alloc(32)
  for (const [i, word] of out.entries()) bytes.writeUInt32LE(word, i * 4)
  return bytes
}

function words(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4, true))
}
