import { createCipheriv, createDecipheriv } from 'node:crypto'
import { concatBytes } from '@tidepool/crypto'

const TAG = 16
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]

/** XChaCha20-Poly1305 over Node's ChaCha20-Poly1305: the first 16 nonce bytes make a subkey (draft-irtf-cfrg-xchacha). */
export function xchachaEncrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  plain: Uint8Array,
  associated: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv('chacha20-poly1305', subkey(key, nonce), shortNonce(nonce), { authTagLength: TAG })
  cipher.setAAD(associated, { plaintextLength: plain.length })
  return concatBytes(cipher.update(plain), cipher.final(), cipher.getAuthTag())
}

/** @throws Error when the tag does not match */
export function xchachaDecrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  associated: Uint8Array,
): Uint8Array {
  const decipher = createDecipheriv('chacha20-poly1305', subkey(key, nonce), shortNonce(nonce), { authTagLength: TAG })
  decipher.setAAD(associated, { plaintextLength: sealed.length - TAG })
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG))
  return concatBytes(decipher.update(sealed.subarray(0, sealed.length - TAG)), decipher.final())
}

const shortNonce = (nonce: Uint8Array): Uint8Array => concatBytes(new Uint8Array(4), nonce.subarray(16))

/** HChaCha20. */
function subkey(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const state = new Uint32Array(16)
  const keyView = new DataView(Uint8Array.from(key).buffer)
  const nonceView = new DataView(Uint8Array.from(nonce).buffer)
  CONSTANTS.forEach((word, i) => (state[i] = word))
  for (let i = 0; i < 8; i++) state[4 + i] = keyView.getUint32(4 * i, true)
  for (let i = 0; i < 4; i++) state[12 + i] = nonceView.getUint32(4 * i, true)
  for (let round = 0; round < 10; round++) doubleRound(state)
  const out = new DataView(new ArrayBuffer(32))
  for (let i = 0; i < 4; i++) {
    out.setUint32(4 * i, state[i] ?? 0, true)
    out.setUint32(16 + 4 * i, state[12 + i] ?? 0, true)
  }
  return new Uint8Array(out.buffer)
}

function doubleRound(state: Uint32Array): void {
  for (let i = 0; i < 4; i++) quarterRound(state, i, 4 + i, 8 + i, 12 + i)
  for (let i = 0; i < 4; i++) quarterRound(state, i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4))
}

function quarterRound(state: Uint32Array, a: number, b: number, c: number, d: number): void {
  mix(state, a, b, d, 16)
  mix(state, c, d, b, 12)
  mix(state, a, b, d, 8)
  mix(state, c, d, b, 7)
}

/** x += y; z ^= x; z <<<= bits */
function mix(state: Uint32Array, x: number, y: number, z: number, bits: number): void {
  const sum = ((state[x] ?? 0) + (state[y] ?? 0)) >>> 0
  const mixed = (state[z] ?? 0) ^ sum
  state[x] = sum
  state[z] = (mixed << bits) | (mixed >>> (32 - bits))
}
