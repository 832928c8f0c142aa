import type { AccountKey, OutPointText } from '@tidepool/crypto'
import {
  ClmError,
  MuSig2Error,
  aggregateKeys,
  idToBytes,
  startSession,
  verifyDer,
  verifyPartial,
} from '@tidepool/crypto'
import type { BatchId } from '@tidepool/crypto'
import type { ChannelInfo, SignReply } from '@tidepool/market'
import type { EcdsaTask, MuSig2Task, SignTask } from './signTask.ts'

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
  /** The signer's signature does not verify: wrong key or wrong tweak; trying again does not help. */
  | { readonly code: 'OWN_SIGNATURE_INVALID'; readonly accountKey: AccountKey }

export class SignError extends ClmError<SignErrorDetail> {}

/**
 * The Sign message, from our own signatures, each verified first: a bad one would get us excluded as a liar.
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
    if (!verifySignResult(task, result)) {
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

/** Whether a result is the valid signature that its task asks for. */
export function verifySignResult(task: SignTask, result: SignResult): boolean {
  if (task.kind === 'ecdsa') return result.kind === 'ecdsa' && verifyEcdsaResult(task, result)
  return result.kind === 'musig2' && verifyMuSig2Result(task, result)
}

const verifyEcdsaResult = (task: EcdsaTask, result: EcdsaResult): boolean =>
  verifyDer(task.digest, idToBytes(task.tweakedKey), result.signature)

function verifyMuSig2Result(task: MuSig2Task, result: MuSig2Result): boolean {
  const key = aggregateKeys(task.version, task.keys, { kind: 'root', merkleRoot: task.merkleRoot })
  try {
    const session = startSession({ key, message: task.digest, publicNonces: [task.serverNonce, result.nonce] })
    const { partialSignature: signature, nonce: publicNonce } = result
    return verifyPartial(session, { signature, publicNonce, publicKey: task.keys[1] })
  } catch (error) {
    if (error instanceof MuSig2Error) return false
    throw error
  }
}
