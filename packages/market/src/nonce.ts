import { orderNonce, sha256, type OrderNonce } from '@tidepool/crypto'

/** An order's id: SHA-256 of its preimage. Revealing the preimage cancels the order (white paper §6.1.4). */
export const nonceFromPreimage = (preimage: Uint8Array): OrderNonce => orderNonce(sha256(preimage))

export const isZeroNonce = (nonce: OrderNonce): boolean => /^0+$/.test(nonce)
