import type { BatchProposal } from '@tidepool/market'
import { leftoverOf } from '../core/batch.ts'
import type { StagedBatch, VerifiedBatch } from '../core/batch.ts'
import type { BatchEvent, BatchState } from '../core/batchSession.ts'
import type { StoreChange } from '../ports/traderStore.ts'
import { applyChanges, matchEvents } from './batchHistory.ts'
import type { Ledger } from './ledger.ts'

export interface BatchStep {
  readonly ledger: Ledger
  readonly before: BatchState
  readonly event: BatchEvent
  /** Of a refused batch, whose state never held it. */
  readonly proposal: BatchProposal | undefined
  /** Unix time in nanoseconds. */
  readonly at: bigint
}

const UNSTAGED: StoreChange = { kind: 'staged', staged: undefined }

/** What one step of the batch session makes durable. Pool clientdb/batch.go, spec orders-and-batches §17.1 */
export function changesOf({ ledger, before, event, proposal, at }: BatchStep): readonly StoreChange[] {
  const unstaged = droppedFrom(ledger, before)
  switch (event.kind) {
    case 'proposed':
      return [...unstaged, ...leftover(event.batch, false), ...matchEvents(ledger, event.batch.proposal, 'prepare', at)]
    case 'refused':
      return [...unstaged, ...(proposal ? matchEvents(ledger, proposal, 'rejected', at, event.reject) : [])]
    case 'fundingReady':
      return history(before, (batch) => matchEvents(ledger, batch, 'accepted', at))
    case 'fundingFailed':
    case 'signFailed':
      return history(before, (batch) => matchEvents(ledger, batch, 'rejected', at, event.reject))
    case 'signed':
      return [...staged(before, event.staged), ...history(before, (batch) => matchEvents(ledger, batch, 'signed', at))]
    case 'finalized':
    case 'confirmed':
      return before.kind === 'signed' ? [UNSTAGED, ...applyChanges(ledger, before.staged, at)] : []
    case 'resolved':
      if (before.kind !== 'signed' || event.fate === 'unknown') return []
      return event.fate === 'final' ? [UNSTAGED, ...applyChanges(ledger, before.staged, at)] : unstaged
    case 'signBegin':
    case 'disconnected':
      return []
    default:
      return event satisfies never
  }
}

const history = (
  before: BatchState,
  events: (proposal: BatchProposal) => readonly StoreChange[],
): readonly StoreChange[] => ('batch' in before ? events(before.batch.proposal) : [])

function staged(before: BatchState, batch: StagedBatch): readonly StoreChange[] {
  const changes: readonly StoreChange[] = [{ kind: 'staged', staged: batch }]
  return 'batch' in before ? [...changes, ...leftover(before.batch, true)] : changes
}

/** A signed batch that is dropped may confirm all the same: what it would change stays on record until the chain tells. */
function droppedFrom(ledger: Ledger, before: BatchState): readonly StoreChange[] {
  if (before.kind !== 'signed') return []
  const { staged } = before
  const known = ledger.leftovers.get(staged.record.txid)
  const kept: readonly StoreChange[] =
    known === undefined ? [] : [{ kind: 'leftover', leftover: { ...known, signed: true, staged } }]
  return [UNSTAGED, ...kept]
}

/** Stored before lnd hears of the batch, so that a crash leaves nothing unknown behind. */
function leftover(batch: VerifiedBatch, signed: boolean): readonly StoreChange[] {
  if (batch.channels.length === 0 && !signed) return []
  return [{ kind: 'leftover', leftover: { ...leftoverOf(batch), signed } }]
}
