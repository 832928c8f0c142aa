import {
  ClmError,
  accountAuthMessage,
  accountChallenge,
  accountCommitment,
  derEncode,
  equalBytes,
  toHex,
  verifyMessage,
} from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { BatchVersion } from '@tidepool/market'

export type HandshakeErrorDetail =
  /** The announced batch version is none we know; the trader must be updated or told another. */
  | { readonly code: 'HANDSHAKE_VERSION_UNSUPPORTED'; readonly version: number }
  /** A commitment is not 32 bytes or was made before on this stream; a fresh nonce helps. */
  | { readonly code: 'HANDSHAKE_BAD_COMMITMENT' }
  /** A subscription matches no commitment of this stream; starting with a commitment helps. */
  | { readonly code: 'HANDSHAKE_NO_COMMITMENT'; readonly accountKey: AccountKey }
  /** The signature is not the account key's over this handshake; trying again does not help. */
  | { readonly code: 'HANDSHAKE_BAD_SIGNATURE'; readonly accountKey: AccountKey }
  /** Too many commitments without a subscription; finishing some helps. */
  | { readonly code: 'HANDSHAKE_TOO_MANY'; readonly limit: number }

export class HandshakeError extends ClmError<HandshakeErrorDetail> {}

/** Commitments one stream may leave open. */
export const MAX_OPEN_COMMITMENTS = 100

interface OpenCommitment {
  readonly challenge: Uint8Array
  readonly batchVersion: BatchVersion
}

/** Handshakes of one stream between commitment and subscription, keyed by commitment hash. */
export type Handshakes = ReadonlyMap<string, OpenCommitment>

export const NO_HANDSHAKES: Handshakes = new Map()

/**
 * Step 1 to 2: takes a commitment and gives the challenge for it. Steps of several accounts may interleave.
 * @throws HandshakeError
 */
export function challengeCommitment(
  open: Handshakes,
  commitHash: Uint8Array,
  batchVersion: BatchVersion,
  serverNonce: Uint8Array,
): { readonly open: Handshakes; readonly challenge: Uint8Array } {
  if (!isKnownBatchVersion(batchVersion)) {
    throw new HandshakeError(
      { code: 'HANDSHAKE_VERSION_UNSUPPORTED', version: batchVersion },
      `batch version ${batchVersion} is not supported`,
    )
  }
  const key = toHex(commitHash)
  if (commitHash.length !== 32 || open.has(key)) {
    throw new HandshakeError({ code: 'HANDSHAKE_BAD_COMMITMENT' }, 'commitment must be 32 fresh bytes')
  }
  if (open.size >= MAX_OPEN_COMMITMENTS) {
    throw new HandshakeError(
      { code: 'HANDSHAKE_TOO_MANY', limit: MAX_OPEN_COMMITMENTS },
      `more than ${MAX_OPEN_COMMITMENTS} handshakes were begun and not finished`,
    )
  }
  const challenge = accountChallenge(commitHash, serverNonce)
  return { open: new Map(open).set(key, { challenge, batchVersion }), challenge }
}

/**
 * Step 3: checks the opened commitment and the signature over it; each commitment serves once. Besides DER we take a
 * signature of 64 bytes `r || s`, as the API's comments describe it.
 * @throws HandshakeError
 */
export function verifySubscription(
  open: Handshakes,
  message: { readonly traderKey: AccountKey; readonly commitNonce: Uint8Array; readonly authSig: Uint8Array },
): { readonly open: Handshakes; readonly batchVersion: BatchVersion } {
  const { traderKey, commitNonce, authSig } = message
  const commitment = commitNonce.length === 32 ? accountCommitment(traderKey, commitNonce) : new Uint8Array(32)
  const found = open.get(toHex(commitment))
  if (found === undefined || equalBytes(commitment, new Uint8Array(32))) {
    throw new HandshakeError(
      { code: 'HANDSHAKE_NO_COMMITMENT', accountKey: traderKey },
      'subscription does not open a commitment of this stream',
    )
  }
  const left = new Map(open)
  left.delete(toHex(commitment))
  const signature = authSig.length === 64 ? derEncode(authSig) : authSig
  if (!verifyMessage(accountAuthMessage(commitment, found.challenge), signature, traderKey)) {
    throw new HandshakeError(
      { code: 'HANDSHAKE_BAD_SIGNATURE', accountKey: traderKey },
      'account signature of the handshake is not valid',
    )
  }
  return { open: left, batchVersion: found.batchVersion }
}

const LINEAR_VERSIONS: ReadonlySet<number> = new Set([0, 1, 2, 10, 11])
const KNOWN_FLAGS = 0x30

/** Linear versions 0, 1, 2, 10, 11; flags stand on 10 or above. Pool order/batch.go */
export function isKnownBatchVersion(version: number): boolean {
  const linear = version & 0x0f
  const flags = version - linear
  if (!Number.isInteger(version) || version < 0 || !LINEAR_VERSIONS.has(linear)) return false
  return (flags & ~KNOWN_FLAGS) === 0 && (flags === 0 || linear >= 10)
}
