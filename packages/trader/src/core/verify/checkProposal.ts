import type { BlockHeight, PackedInputs, Transaction } from '@tidepool/crypto'
import { packInputs } from '@tidepool/crypto'
import type { BatchProposal } from '@tidepool/market'
import type { MismatchDetail } from './mismatch.ts'
import type { OwnRecords } from './ownRecords.ts'

/** Blocks by which the height hint may differ from our best height. Pool order/batch_verifier.go */
const HEIGHT_HINT_PADDING = 3
const LOCK_TIME_THRESHOLD = 500_000_000
const SEQUENCE_FINAL = 0xffff_ffff
const SEQUENCE_NO_RELATIVE_LOCK = 0x8000_0000
const SEQUENCE_LOCK_MASK = 0xffff

/** Faults of the proposal as a whole; with any of them nothing else is worth looking at. */
export function checkProposal(proposal: BatchProposal, own: OwnRecords): readonly MismatchDetail[] {
  const version = proposal.batchVersion
  if (version !== own.batchVersion)
    return [{ code: 'BATCH_VERSION_MISMATCH', expected: own.batchVersion, got: version }]
  return [
    ...checkHeightHint(proposal.heightHint, own.bestHeight),
    ...checkBatchId(proposal, own),
    ...checkTimeLocks(proposal.transaction, Math.max(own.bestHeight, proposal.heightHint)),
  ]
}

/** Maturity and confirmation search start from the hint. A hint below 3 never fits. Pool order/batch_verifier.go */
export function checkHeightHint(hint: BlockHeight, bestHeight: BlockHeight): readonly MismatchDetail[] {
  const fits = hint >= HEIGHT_HINT_PADDING && Math.abs(hint - bestHeight) <= HEIGHT_HINT_PADDING
  return fits ? [] : [{ code: 'HEIGHT_HINT_OUT_OF_RANGE', hint, bestHeight }]
}

function checkBatchId({ batchId }: BatchProposal, own: OwnRecords): readonly MismatchDetail[] {
  return own.finalizedBatchIds?.has(batchId) === true ? [{ code: 'BATCH_ALREADY_FINALIZED', batchId }] : []
}

/** The transaction can confirm in the next block as soon as it is signed (BIP-65, BIP-68). ADR-0012 */
export function checkTimeLocks(tx: Transaction, height: number): readonly MismatchDetail[] {
  const absolute = tx.lockTime > height || tx.lockTime >= LOCK_TIME_THRESHOLD
  const inputs = packInputs(tx.inputs)
  const locked = absolute && someSequence(inputs, (sequence) => sequence !== SEQUENCE_FINAL)
  const relative = tx.version >= 2 && someSequence(inputs, isRelativeLock)
  return locked || relative ? [{ code: 'TRANSACTION_TIME_LOCKED', lockTime: tx.lockTime }] : []
}

function someSequence(inputs: PackedInputs, is: (sequence: number) => boolean): boolean {
  for (let index = 0; index < inputs.length; index++) if (is(inputs.sequence(index))) return true
  return false
}

const isRelativeLock = (sequence: number): boolean =>
  sequence < SEQUENCE_NO_RELATIVE_LOCK && (sequence & SEQUENCE_LOCK_MASK) !== 0
