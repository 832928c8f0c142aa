import { toHex } from './bytes.ts'

/** Order of secp256k1. */
export const GROUP_ORDER = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n

/** Big-endian integer of any number of bytes. */
export function bytesToInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`)
}

/** 32 bytes, big-endian, of `value mod n`. */
export function scalarBytes(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(modOrder(value).toString(16).padStart(64, '0'), 'hex'))
}

/** `value mod n`, never negative. */
export function modOrder(value: bigint): bigint {
  const rest = value % GROUP_ORDER
  return rest < 0n ? rest + GROUP_ORDER : rest
}

/** A hash read as a scalar, reduced mod n. */
export const hashToScalar = (hash: Uint8Array): bigint => modOrder(bytesToInt(hash))
