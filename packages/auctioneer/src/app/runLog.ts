import type { AccountKey, NodeKey, OrderNonce } from '@tidepool/crypto'
import type { StreamId } from '@tidepool/market'
import type { Attempt } from '../core/buildAttempt.ts'
import type { Exclusions, Failure } from '../core/exclusions.ts'
import type { JournalRun } from '../core/journal.ts'
import type { AttemptRecord, RunRecord } from '../core/records.ts'

type Numbers = Pick<AttemptRecord, 'number' | 'feeRate' | 'matches'>

/** What a run of the auction remembers of its attempts, and of whom it asked. */
export class RunLog {
  readonly #batchId: RunRecord['batchId']
  readonly #startedAtNs: bigint
  readonly #accountsOf: (stream: StreamId) => readonly AccountKey[]
  readonly #attempts: AttemptRecord[] = []
  readonly #nodes = new Map<StreamId, Set<NodeKey>>()
  readonly #accounts = new Map<StreamId, readonly AccountKey[]>()
  readonly #spokeFor = new Map<StreamId, Set<AccountKey>>()

  constructor(
    run: Pick<RunRecord, 'batchId' | 'startedAtNs'>,
    accountsOf: (stream: StreamId) => readonly AccountKey[],
  ) {
    this.#batchId = run.batchId
    this.#startedAtNs = run.startedAtNs
    this.#accountsOf = accountsOf
  }

  get attempts(): readonly AttemptRecord[] {
    return this.#attempts
  }

  get failures(): readonly Failure[] {
    return this.#attempts.flatMap(({ failures }) => failures.map(({ failure }) => failure))
  }

  nodesOf(stream: StreamId): readonly NodeKey[] {
    return [...(this.#nodes.get(stream) ?? [])]
  }

  /** Its accounts in the latest proposal that it got. */
  accountsOf(stream: StreamId): readonly AccountKey[] {
    return this.#accounts.get(stream) ?? []
  }

  /** All that the streams spoke for when they were asked: whoever comes back on a new stream is still left out. */
  accountsLeftOut({ streams }: Exclusions): readonly AccountKey[] {
    return [...streams.keys()].flatMap((stream) => [...(this.#spokeFor.get(stream) ?? [])])
  }

  /** Who is asked with this proposal. */
  note({ batch, plan }: Attempt): void {
    const accounts = new Map<StreamId, AccountKey[]>()
    for (const [key, { stream }] of batch.accounts) {
      const known = accounts.get(stream.id)
      if (known === undefined) accounts.set(stream.id, [key])
      else known.push(key)
    }
    for (const [stream, keys] of accounts) {
      this.#accounts.set(stream, keys)
      const before = this.#spokeFor.get(stream) ?? []
      this.#spokeFor.set(stream, new Set([...before, ...keys, ...this.#accountsOf(stream)]))
    }
    for (const [stream, { counterparts }] of plan.participants) {
      const nodes = this.#nodes.get(stream) ?? new Set()
      for (const { own } of counterparts.values()) nodes.add(own)
      this.#nodes.set(stream, nodes)
    }
  }

  /** An attempt has ended. */
  add(numbers: Numbers, endedIn: string, failures: readonly Failure[]): AttemptRecord {
    const ended = this.attempt(numbers, endedIn, failures)
    this.#attempts.push(ended)
    return ended
  }

  attempt(numbers: Numbers, endedIn: string, failures: readonly Failure[]): AttemptRecord {
    return {
      ...numbers,
      endedIn,
      failures: failures.map((failure) => ({
        failure,
        accounts: 'stream' in failure ? this.accountsOf(failure.stream) : [],
      })),
    }
  }

  journal({ batch, market, plan }: Attempt, step: JournalRun['attempt']['step']): JournalRun {
    return {
      batchId: this.#batchId,
      startedAtNs: this.#startedAtNs,
      attempts: [...this.#attempts],
      attempt: { number: plan.attempt, feeRate: batch.feeRate, matches: market.matches.length, txid: batch.txid, step },
    }
  }

  finish(
    outcome: RunRecord['outcome'],
    detail: string,
    endedAtNs: bigint,
    resting: ReadonlyMap<OrderNonce, string>,
  ): RunRecord {
    const attempts = this.#attempts
    return {
      batchId: this.#batchId,
      startedAtNs: this.#startedAtNs,
      endedAtNs,
      outcome,
      detail,
      attempts,
      resting,
    }
  }
}
