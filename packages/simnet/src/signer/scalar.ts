import { toHex } from '@tidepool/crypto'

/** Order of secp256k1. */
export const GROUP_ORDER = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n
export const modInt = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`) % GROUP_ORDER
