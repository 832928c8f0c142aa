import { MuSig2Error, startSession, verifyPartial, verifySchnorr } from '@tidepool/crypto'
import type { AggregateKey, Brand, MuSig2Session, PubKey } from '@tidepool/crypto'

/** All that the check of a trader's half needs: plain data, which any thread can check. */
export interface PartialJob {
  readonly key: AggregateKey
  readonly digest: Uint8Array
  readonly signature: Uint8Array
  readonly nonces: { readonly server: Uint8Array; readonly trader: Uint8Array }
  readonly publicKey: PubKey
}

/** The session in which our half is to be added, or what is wrong. */
export type PartialVerdict = MuSig2Session | 'badNonce' | 'invalid'

/** @throws MuSig2Error when our own nonce is none */
export function checkPartial({ key, digest, signature, nonces, publicKey }: PartialJob): PartialVerdict {
  const session = sessionOf(key, digest, [nonces.server, nonces.trader])
  if (session === undefined) return 'badNonce'
  return verifyPartial(session, { signature, publicNonce: nonces.trader, publicKey }) ? session : 'invalid'
}

/** Undefined when the second nonce, the trader's, is none. */
function sessionOf(
  key: AggregateKey,
  message: Uint8Array,
  publicNonces: readonly [Uint8Array, Uint8Array],
): MuSig2Session | undefined {
  try {
    return startSession({ key, message, publicNonces })
  } catch (error) {
    if (error instanceof MuSig2Error && error.detail.code === 'BAD_PUBLIC_NONCE' && error.detail.signer === 1) {
      return undefined
    }
    throw error
  }
}

/** The two halves as one, which is to spend a taproot output by its key. */
export interface CombinedSignature {
  readonly digest: Uint8Array
  readonly outputKey: Uint8Array
  readonly signature: Uint8Array
}

/** It does spend such an output. Only its check makes one. */
export type CheckedSignature = Brand<CombinedSignature, 'CheckedSignature'>

export type CombinedVerdict = CheckedSignature | 'invalid'

/** Whether the script is satisfied (BIP-341, key path). */
export function checkCombined(combined: CombinedSignature): CombinedVerdict {
  const { digest, outputKey, signature } = combined
  return verifySchnorr(digest, outputKey, signature) ? (combined as CheckedSignature) : 'invalid'
}
