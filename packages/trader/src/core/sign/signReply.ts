import type { AccountKey, OutPointText } from '@tidepool/crypto'
import { ClmError, PUBLIC_NONCE_SIZE, idToBytes, isSecret, verifyDer } from '@tidepool/crypto'
import type { BatchId } from '@tidepool/crypto'
import type { ChannelInfo, SignReply } from '@tidepool/market'
import type { SignTask } from './signTask.ts'

export interface EcdsaResult {
  readonly kind: 'ecdsa'
  readonly accountKey: AccountKey
  /** DER without sighash byte. */
  readonly signature: Uint8Array
}

export interface MuSig2Result {
  readonly kind: 'musig2'
  readonly accountKey: AccountKey
  /** 32 bytes. */
  readonly partialSignature: Uint8Array
  /** Our public nonce, 66 bytes. */
  readonly nonce: Uint8Array
}

/** What the node's signer made of a task. */
export type SignResult = EcdsaResult | MuSig2Result

export type SignErrorDetail =
  /** The signer gave no signature of the right kind for an account; a retry needs new nonces. */
  | { readonly code: 'OWN_SIGNATURE_MISSING'; readonly accountKey: AccountKey }
  /** What the signer gave is no signature by the account's key; trying again does not help. */
  | { readonly code: 'OWN_SIGNATURE_INVALID'; readonly accountKey: AccountKey }

export class SignError extends ClmError<SignErrorDetail> {}

/**
 * The Sign message, from our own signatures: a bad one would get us left out.
 * @throws SignError OWN_SIGNATURE_MISSING, OWN_SIGNATURE_INVALID
 */
export function assembleSignReply(
  batchId: BatchId,
  tasks: readonly SignTask[],
  results: readonly SignResult[],
  channelInfos: ReadonlyMap<OutPointText, ChannelInfo>,
): SignReply {
  const accountSigs = new Map<AccountKey, Uint8Array>()
  const traderNonces = new Map<AccountKey, Uint8Array>()
  for (const task of tasks) {
    const { accountKey } = task
    const result = results.find((candidate) => candidate.accountKey === accountKey)
    if (result?.kind !== task.kind) {
      throw new SignError({ code: 'OWN_SIGNATURE_MISSING', accountKey }, `no signature for account ${accountKey}`)
    }
    if (!isSignature(task, result)) {
      const message = `the signature for account ${accountKey} does not verify: check that the node holds its key`
      throw new SignError({ code: 'OWN_SIGNATURE_INVALID', accountKey }, message)
    }
    if (result.kind === 'ecdsa') {
      accountSigs.set(accountKey, result.signature)
    } else {
      accountSigs.set(accountKey, result.partialSignature)
      traderNonces.set(accountKey, result.nonce)
    }
  }
  return { batchId, accountSigs, traderNonces, channelInfos }
}

/**
 * lnd checks a MuSig2 signature itself before it gives it away, and opens no session for a key that it does not hold
 * (ADR-0102). An ECDSA one it makes with another key when it does not know ours, and does not check.
 */
function isSignature(task: SignTask, result: SignResult): boolean {
  if (task.kind === 'ecdsa') {
    return result.kind === 'ecdsa' && verifyDer(task.digest, idToBytes(task.tweakedKey), result.signature)
  }
  return result.kind === 'musig2' && isSecret(result.partialSignature) && result.nonce.length === PUBLIC_NONCE_SIZE
}
