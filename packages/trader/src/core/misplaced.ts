import type { BatchId, Txid } from '@tidepool/crypto'
import type { BatchState } from './batchSession.ts'

/** A message of the batch protocol that does not belong where it came; it changes nothing and gets no answer. */
export type MisplacedCode =
  /** A request to sign while nothing is accepted: before the proposal, after a refusal, or a second time. */
  | 'SIGN_NOT_ACCEPTED'
  /** A request to sign for another batch than the one accepted. */
  | 'SIGN_OTHER_BATCH'
  /** Said to be final, but we have signed nothing. */
  | 'FINALIZE_NOT_SIGNED'
  /** Another batch than the one signed is said to be final. */
  | 'FINALIZE_OTHER_BATCH'
  /** The batch signed is said to be final with another transaction. */
  | 'FINALIZE_OTHER_TRANSACTION'
  /** A message that nobody asked for, or of a kind that we do not know. */
  | 'MESSAGE_UNASKED'

/** What is wrong with a request to sign in this state, if anything. */
export function misplacedSignBegin(state: BatchState, batchId: BatchId): MisplacedCode | undefined {
  if (state.kind !== 'accepted') return 'SIGN_NOT_ACCEPTED'
  return state.batch.result.batchId === batchId ? undefined : 'SIGN_OTHER_BATCH'
}

/** What is wrong with a Finalize in this state, if anything. */
export function misplacedFinalize(
  state: BatchState,
  final: { readonly batchId: BatchId; readonly txid: Txid },
): MisplacedCode | undefined {
  if (state.kind !== 'signed') return 'FINALIZE_NOT_SIGNED'
  const { batchId, txid } = state.staged.record
  if (final.batchId !== batchId) return 'FINALIZE_OTHER_BATCH'
  return final.txid === txid ? undefined : 'FINALIZE_OTHER_TRANSACTION'
}
