/** Order of secp256k1. */
export const GROUP_ORDER = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n

/** Big-endian integer of any number of bytes. */
export function bytesToInt(bytes: Uint8Array): bigint {
  let out = 0n
  for (const byte of bytes) out = (out << 8n) | BigInt(byte)
  return out
}

/** 32 bytes, big-endian, of `value mod n`. */
export function scalarBytes(value: bigint): Uint8Array {
  const out = new Uint8Array(32)
  let rest = modOrder(value)
  for (let i = 31; i >= 0; i--) {
    out[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return out
}

/** `value mod n`, never negative. */
export function modOrder(value: bigint): bigint {
  const rest = value % GROUP_ORDER
  return rest < 0n ? rest + GROUP_ORDER : rest
}

/** A hash read as a scalar, reduced mod n. */
export const hashToScalar = (hash: Uint8Array): bigint => modOrder(bytesToInt(hash))
