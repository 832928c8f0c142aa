import { expectLength } from './bytes.ts'
import { sha256 } from './hash.ts'
import { idToBytes } from './ids.ts'
import type { PubKey } from './ids.ts'

/**
 * What the trader commits to before it shows its key: `SHA256(key || nonce)`. Pool account/auth.go
 */
export function accountCommitment(key: PubKey, nonce: Uint8Array): Uint8Array {
  return sha256(idToBytes(key), expectLength(nonce, 32, 'commit nonce'))
}

/** The auctioneer's challenge: `SHA256(commitment || server nonce)`. Pool account/auth.go */
export function accountChallenge(commitment: Uint8Array, serverNonce: Uint8Array): Uint8Array {
  return sha256(expectLength(commitment, 32, 'commitment'), expectLength(serverNonce, 32, 'server nonce'))
}

/** The message (not the digest) that the account key signs: `SHA256(commitment || challenge)`. Pool account/auth.go */
export function accountAuthMessage(commitment: Uint8Array, challenge: Uint8Array): Uint8Array {
  return sha256(expectLength(commitment, 32, 'commitment'), expectLength(challenge, 32, 'challenge'))
}
