import type { AccountKey, BatchId, SatPerKWeight, Txid } from '@tidepool/crypto'
import type { AttemptRecord, RunRecord } from './records.ts'

/** The run under way, as far as a restart has to know it. */
export interface JournalRun {
  readonly batchId: BatchId
  readonly startedAtNs: bigint
  /** Those that have ended. */
  readonly attempts: readonly AttemptRecord[]
  readonly attempt: {
    readonly number: number
    readonly feeRate: SatPerKWeight
    readonly matches: number
    readonly txid: Txid
    /** Written before the first message of the step leaves. */
    readonly step: 'prepare' | 'sign'
  }
}

/**
 * What outlives the process of an attempt: never signatures or nonces, without which nobody can complete its
 * transaction. A durable batch ends it.
 */
export interface Journal {
  readonly run: JournalRun | undefined
  /** Accounts whose traders were asked to sign what came to nothing, and may hold it still. */
  readonly stale: readonly AccountKey[]
}

export const EMPTY_JOURNAL: Journal = { run: undefined, stale: [] }

export const addStale = (journal: Journal, keys: Iterable<AccountKey>): readonly AccountKey[] => [
  ...new Set([...journal.stale, ...keys]),
]

/** The record of a run that the end of the process has cut off. */
export function interruptedRun({ batchId, startedAtNs, attempts, attempt }: JournalRun, endedAtNs: bigint): RunRecord {
  const { number, feeRate, matches, step, txid } = attempt
  return {
    batchId,
    startedAtNs,
    endedAtNs,
    outcome: 'failed',
    detail: `the process ended in step ${step} of attempt ${number}: ${txid} was not completed and never will be`,
    attempts: [...attempts, { number, feeRate, matches, endedIn: 'interrupted', failures: [] }],
    resting: new Map(),
  }
}
