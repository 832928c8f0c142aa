import { toHex } from '@tidepool/crypto'
import type { startSession } from '@tidepool/crypto'

type Session = ReturnType<typeof startSession>

/** Order of secp256k1. */
const N = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n

const toInt = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`)

/** The partial signature that completes `other` to `final`: PartialSigAgg of BIP-327, solved for the missing term. */
export function impliedHalf(session: Session, final: Uint8Array, other: Uint8Array): Uint8Array {
  const sign = session.key.point[0] === 3 ? -1n : 1n
  const sum = toInt(final.subarray(32)) - toInt(other) - session.e * sign * session.key.tacc
  const rest = ((sum % N) + N) % N
  return Buffer.from(rest.toString(16).padStart(64, '0'), 'hex')
}
