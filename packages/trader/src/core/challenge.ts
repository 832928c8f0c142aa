import type { AccountKey } from '@tidepool/crypto'
import { TraderError } from './errors.ts'

/** Versions of an ask whose serialised form is a nonce and 32 bytes more, as long as what a handshake signs. */
const FIRST_CONFUSABLE = 1
const LAST_CONFUSABLE = 4

/**
 * An account's key signs orders and handshakes alike: two SHA-256 over the order, or over commitment and challenge. The
 * 64 bytes of an ask of version 1 to 4 are its nonce, its version, its terms: a challenge that begins with such a version
 * would have us sign an ask whose terms the auctioneer chose. An honest one is a hash and never does, but once in 2^30.
 * Pool order/interfaces.go, account/auth.go
 */
export const isOrderLike = (challenge: Uint8Array): boolean => {
  const version = new DataView(challenge.buffer, challenge.byteOffset, challenge.byteLength).getUint32(0)
  return version >= FIRST_CONFUSABLE && version <= LAST_CONFUSABLE
}

/** @throws TraderError CHALLENGE_IS_ORDER */
export function checkChallenge(account: AccountKey, challenge: Uint8Array): void {
  if (!isOrderLike(challenge)) return
  const message = 'the challenge of the auctioneer would make an order of our answer: not signed'
  throw new TraderError({ code: 'CHALLENGE_IS_ORDER', account }, message)
}
