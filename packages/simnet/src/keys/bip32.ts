import { createHmac } from 'node:crypto'
import { concatBytes, pointFromSecret, secretAdd } from '@tidepool/crypto'

const HARDENED = 0x8000_0000

/** A private key that children are derived from. The library's derivation takes most of the time of a node otherwise. */
export interface ExtendedKey {
  readonly secret: Uint8Array
  readonly chainCode: Uint8Array
  publicKey?: Uint8Array
}

const hmac512 = (key: Uint8Array | string, data: Uint8Array): Uint8Array =>
  Uint8Array.from(createHmac('sha512', key).update(data).digest())

/** Master key generation of BIP-32. */
export function keyFromSeed(seed: Uint8Array): ExtendedKey {
  const out = hmac512('Bitcoin seed', seed)
  return { secret: out.subarray(0, 32), chainCode: out.subarray(32) }
}

/** CKDpriv of BIP-32. @throws CurveError for one index in 2^127 */
export function childOf(parent: ExtendedKey, index: number): ExtendedKey {
  const number = new Uint8Array(4)
  new DataView(number.buffer).setUint32(0, index)
  const from = index >= HARDENED ? concatBytes(Uint8Array.of(0), parent.secret) : publicKeyOf(parent)
  const out = hmac512(parent.chainCode, concatBytes(from, number))
  return { secret: secretAdd(parent.secret, out.subarray(0, 32)), chainCode: out.subarray(32) }
}

/** 33 bytes. */
export function publicKeyOf(key: ExtendedKey): Uint8Array {
  key.publicKey ??= pointFromSecret(key.secret)
  return Uint8Array.from(key.publicKey)
}
