import bitcore, { type SchnorrKey, type SchnorrSignature } from 'bitcore-lib'
import { verifySchnorr } from '@tidepool/crypto'

const { Schnorr } = bitcore.crypto

/** 32 bytes, zeros in front included. */
const padded = (value: { toBuffer(options: { size: number }): Buffer }): Buffer => value.toBuffer({ size: 32 })

const keyBytes = (key: SchnorrKey): Uint8Array => (Buffer.isBuffer(key) ? key : padded(key.point.x))

const signatureBytes = (signature: SchnorrSignature): Uint8Array =>
  Buffer.isBuffer(signature) ? signature : Buffer.concat([padded(signature.r), padded(signature.s)])

/**
 * bitcore-lib 11 leaves out the leading zero bytes of coordinates when it hashes them into the challenge of BIP-340, and
 * so refuses about one valid signature in 128. Its interpreter asks libsecp256k1 instead.
 */
export function repairSchnorr(): void {
  Schnorr.verify = (key, message, signature) => verifySchnorr(message, keyBytes(key), signatureBytes(signature))
}
