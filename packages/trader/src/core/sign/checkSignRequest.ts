import { MuSig2Error, packInputs, packOutputs, parsePublicNonce } from '@tidepool/crypto'
import type { PackedOutputs } from '@tidepool/crypto'
import type { SignRequest } from '@tidepool/market'
import type { MismatchDetail } from '../verify/mismatch.ts'
import { rejected, rejectedIfAny } from '../verify/rejected.ts'
import type { Rejected } from '../verify/rejected.ts'
import type { AcceptedBatch } from '../verify/verdict.ts'
import { ServerNonces } from './serverNonces.ts'
import { signTasks, spentOutput } from './signTask.ts'
import type { SignTask } from './signTask.ts'
import { transactionFee } from './transactionFee.ts'
import type { TransactionFee } from './transactionFee.ts'

export type SignVerdict =
  | { readonly verdict: 'accepted'; readonly tasks: readonly SignTask[]; readonly fee: TransactionFee }
  | Rejected

/**
 * Checks a SignBegin against the batch we accepted, before any channel is opened and before the signer is asked. The
 * tasks of an accepted request say what to sign. Pool order/batch_signer.go
 */
export function checkSignRequest(
  request: SignRequest,
  batch: AcceptedBatch,
  seen: ServerNonces = new ServerNonces(),
): SignVerdict {
  if (request.batchId !== batch.batchId) {
    return rejected({ code: 'SIGN_OTHER_BATCH', batchId: request.batchId })
  }
  const [expected, got] = [batch.transaction.inputs.length, request.prevOutputs.length]
  if (expected !== got) return rejected({ code: 'PREV_OUTPUTS_INCOMPLETE', expected, got })
  const prevOutputs = packOutputs(request.prevOutputs)
  const fee = transactionFee(batch, prevOutputs)
  const faults = [
    ...checkNonces(request, batch, seen),
    ...checkOwnPrevOutputs(prevOutputs, batch),
    ...checkSegwit(prevOutputs, batch),
    ...checkFee(fee),
  ]
  return rejectedIfAny(faults) ?? { verdict: 'accepted', tasks: signTasks(request, batch), fee }
}

/** A nonce for each taproot account, for no other, made of points (V-31), and never one that came before. */
function checkNonces(
  { serverNonces }: SignRequest,
  batch: AcceptedBatch,
  seen: ServerNonces,
): readonly MismatchDetail[] {
  const needed = new Set(batch.accounts.filter(({ before }) => before.version > 0).map(({ before }) => before.key))
  const missing = [...needed].filter((accountKey) => !serverNonces.has(accountKey))
  const mismatches = missing.map((accountKey): MismatchDetail => ({ code: 'SERVER_NONCE_MISSING', accountKey }))
  for (const [accountKey, nonce] of serverNonces) {
    if (!needed.has(accountKey)) mismatches.push({ code: 'SERVER_NONCE_UNEXPECTED', accountKey })
    else if (!isPublicNonce(nonce)) mismatches.push({ code: 'SERVER_NONCE_INVALID', accountKey })
    else if (!seen.add(nonce)) mismatches.push({ code: 'SERVER_NONCE_REUSED', accountKey })
  }
  return mismatches
}

function isPublicNonce(nonce: Uint8Array): boolean {
  try {
    parsePublicNonce(nonce, 0)
    return true
  } catch (error) {
    if (error instanceof MuSig2Error) return false
    throw error
  }
}

/** Our inputs spend what we hold, to the satoshi: a version 0 signature would not notice the script of another. */
function checkOwnPrevOutputs(prevOutputs: PackedOutputs, batch: AcceptedBatch): readonly MismatchDetail[] {
  return batch.accounts.flatMap(({ before, inputIndex: index }): readonly MismatchDetail[] => {
    const right = prevOutputs.isAt(index, { value: before.value, script: spentOutput(before).script })
    return right ? [] : [{ code: 'PREV_OUTPUT_WRONG', accountKey: before.key, index }]
  })
}

/** Channels are funded before the transaction is signed: no signature may change its id any more. ADR-0013 */
function checkSegwit(prevOutputs: PackedOutputs, batch: AcceptedBatch): readonly MismatchDetail[] {
  const inputs = packInputs(batch.transaction.inputs)
  const mismatches: MismatchDetail[] = []
  for (let index = 0; index < inputs.length; index++) {
    const fixed = prevOutputs.witnessVersion(index) !== undefined && !inputs.hasScriptSig(index)
    if (!fixed) mismatches.push({ code: 'INPUT_MALLEABLE', index })
  }
  return mismatches
}

/** V-12: no upper bound; accounts that end as dust pay for an output that does not exist. */
function checkFee({ paid, minimum }: TransactionFee): readonly MismatchDetail[] {
  return paid >= minimum ? [] : [{ code: 'TRANSACTION_FEE_TOO_LOW', paid, minimum }]
}
