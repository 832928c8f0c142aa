import type { AccountKey, BatchId, NodeKey, OrderNonce } from '@tidepool/crypto'
import type { SignReply, StreamId } from '@tidepool/market'
import { isSigning, stepExecution } from '../core/batchExecution.ts'
import type { ExecutionAction, ExecutionEvent, ExecutionState, StepName } from '../core/batchExecution.ts'
import type { Attempt } from '../core/buildAttempt.ts'
import { checkChannelInfos, reportedTypes } from '../core/channelInfos.ts'
import { NO_CONFLICTS, rememberRun } from '../core/conflictMemory.ts'
import type { ConflictMemory } from '../core/conflictMemory.ts'
import { DEAD_STREAM_MS } from '../core/deadStreams.ts'
import { AuctioneerError } from '../core/errors.ts'
import type { AttemptRecord, RunRecord } from '../core/records.ts'
import { BatchRun } from './batchRun.ts'
import type { RunModules } from './batchRun.ts'
import type { AuctioneerOptions } from './options.ts'
import type { ProposalGuard } from './proposalGuard.ts'
import type { Answer, AnswerSink } from './traderSession.ts'

/** Between two tries to publish a durable batch. */
const PUBLISH_RETRY_MS = 5_000

/** One move of the auction, for whoever watches. */
export interface AuctionProgress {
  readonly state: ExecutionState['kind']
  readonly atNs: bigint
  readonly batchId: BatchId | undefined
  readonly attempt: number
  readonly proposal: Attempt | undefined
  readonly waiting: number
  readonly endedAttempt: AttemptRecord | undefined
  readonly endedRun: RunRecord | undefined
}

/**
 * Runs auctions: takes events one at a time, steps the state machine, performs its actions, feeds their outcomes back.
 */
export class BatchExecutor implements AnswerSink, ProposalGuard {
  readonly #options: AuctioneerOptions
  readonly #modules: RunModules
  readonly #queue: ExecutionEvent[] = []
  #state: ExecutionState = { kind: 'idle' }
  #memory: ConflictMemory = NO_CONFLICTS
  #run: BatchRun | undefined
  #finished: ((run: RunRecord) => void) | undefined
  #stopTimer: (() => void) | undefined
  #draining = false
  #stopping = false
  #idle: (() => void)[] = []
  /** Replies of the attempt that are being checked. */
  readonly #checking = new Map<StreamId, Promise<void>>()
  readonly #watchers = new Set<(progress: AuctionProgress) => void>()

  constructor(options: AuctioneerOptions, modules: RunModules) {
    this.#options = options
    this.#modules = modules
  }

  get stateName(): ExecutionState['kind'] {
    return this.#state.kind
  }

  get isRunning(): boolean {
    return this.#run !== undefined
  }

  /** Where the auction stands. */
  get progress(): AuctionProgress {
    return this.#progress({})
  }

  /** Tells every move from now on; the result ends that. */
  onProgress(watcher: (progress: AuctionProgress) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** One auction, from fee estimate to its end. @throws AuctioneerError AUCTION_RUNNING, AUCTIONEER_STOPPING */
  run(): Promise<RunRecord> {
    if (this.#stopping) throw new AuctioneerError({ code: 'AUCTIONEER_STOPPING' }, 'the auctioneer is stopping')
    if (this.#run !== undefined) {
      throw new AuctioneerError({ code: 'AUCTION_RUNNING' }, 'an auction is running: try again when it is over')
    }
    this.#run = new BatchRun(this.#options, this.#modules, this.#memory)
    return new Promise((resolve) => {
      this.#finished = resolve
      this.#post({ kind: 'started' })
    })
  }

  /** Abandons what is not durable, waits for what is. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#run === undefined) return
    const ended = new Promise<void>((resolve) => this.#idle.push(resolve))
    this.#post({ kind: 'stopped' })
    await ended
  }

  answered(stream: StreamId, attempt: number, step: StepName, answer: Answer): void {
    switch (answer.kind) {
      case 'accept':
        return this.#post({ kind: 'accepted', stream, attempt })
      case 'reject':
        return this.#post({ kind: 'rejected', stream, attempt, step, reject: answer.reject })
      case 'sign':
        return this.#signed(stream, attempt, answer.reply)
    }
  }

  /** A stream that ends soon after Finalize may not have read it. */
  streamLost(stream: StreamId, accounts: readonly AccountKey[], finalizedAt: number | undefined): void {
    const lost = (): void => this.#post({ kind: 'streamLost', stream })
    const checking = this.#checking.get(stream)
    // What it signed before counts before.
    if (checking === undefined) lost()
    else this.#background(checking.then(lost))
    if (finalizedAt === undefined || this.#modules.clock.now() - finalizedAt >= DEAD_STREAM_MS) return
    for (const key of accounts) this.#background(this.#modules.lifecycle.dispatch(key, { kind: 'finalizeDoubtful' }))
  }

  /** A proposal on its way makes the trader drop what is stale as well as an empty one would. */
  subscribed(stream: StreamId, key: AccountKey): void {
    const state = this.#state
    const proposed = 'plan' in state && state.plan.participants.has(stream)
    if (!proposed) this.#modules.stale.subscribed(stream, key)
  }

  cleanedUp(stream: StreamId): void {
    this.#background(this.#modules.stale.cleaned(stream))
  }

  isBeingSigned(nonce: OrderNonce): boolean {
    return isSigning(this.#state) && (this.#run?.proposes(nonce) ?? false)
  }

  /** In the proposal that is being made. */
  involves(key: AccountKey): boolean {
    return this.#run?.involves(key) ?? false
  }

  bookChanged(reason: string, orders: readonly OrderNonce[]): void {
    if (orders.some((nonce) => this.#run?.proposes(nonce) ?? false)) this.#post({ kind: 'bookChanged', reason })
  }

  /** Checked while other events are taken. By then the attempt may be over, or the run. */
  #signed(stream: StreamId, attempt: number, reply: SignReply): void {
    const run = this.#run
    if (this.#state.kind !== 'signing' || run?.attempt?.plan.attempt !== attempt) return
    const told: Promise<void> | undefined = run.takeSignatures(stream, reply)?.then((failure) => {
      if (this.#checking.get(stream) === told) this.#checking.delete(stream)
      if (this.#run === run) this.#post({ kind: 'signed', stream, attempt, failure })
    })
    if (told === undefined) return
    this.#checking.set(stream, told)
    this.#background(told)
  }

  #post(event: ExecutionEvent): void {
    this.#queue.push(event)
    if (!this.#draining) this.#background(this.#drain())
  }

  async #drain(): Promise<void> {
    this.#draining = true
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      try {
        await this.#take(event)
      } catch (error) {
        this.#modules.logger.error('batch execution failed', { state: this.#state.kind, event: event.kind, error })
      }
    }
    this.#draining = false
  }

  async #take(event: ExecutionEvent): Promise<void> {
    const before = this.#state.kind
    const { state, actions } = stepExecution(this.#state, event)
    const news = state.kind !== before || waitingIn(this.#state) !== waitingIn(state)
    this.#state = state
    if (news) this.#tell({})
    if (state.kind !== before) {
      this.#modules.logger.info('batch execution', { from: before, to: state.kind, event: event.kind })
    }
    for (const action of actions) await this.#perform(action)
  }

  async #perform(action: ExecutionAction): Promise<void> {
    switch (action.kind) {
      case 'build':
        if (this.#stopping) return this.#post({ kind: 'stopped' })
        return this.#attempt(async (run) => {
          this.#post(await run.build(action.attempt, action.exclusions))
        })
      case 'sendPrepare':
        if (this.#run?.stands() === false) return this.#post({ kind: 'bookChanged', reason: 'changed while building' })
        return this.#run?.sendPrepare((stream) => this.#post({ kind: 'streamLost', stream }))
      case 'startTimer':
        return this.#startTimer(action.attempt, action.step)
      case 'stopTimer':
        this.#stopTimer?.()
        this.#stopTimer = undefined
        return
      case 'openSessions':
        return this.#run?.openSessions(action.stream)
      case 'beginSigning':
        return this.#attempt((run) => run.beginSigning((stream) => this.#post({ kind: 'streamLost', stream })))
      case 'discardAttempt':
        this.#checking.clear()
        return this.#run?.discard()
      case 'seal':
        return this.#attempt((run) => this.#seal(run))
      case 'commit':
        return this.#attempt(async (run) => {
          await run.commit()
          this.#post({ kind: 'committed' })
        })
      case 'publish':
        return this.#publish()
      case 'retryPublish':
        this.#modules.logger.error('batch could not be published, trying again', { why: action.reason })
        this.#modules.clock.after(PUBLISH_RETRY_MS, () => this.#background(this.#publish()))
        return
      case 'finalize':
        return this.#attempt(async (run) => {
          await run.finalize()
          this.#post({ kind: 'finalized' })
        })
      case 'cleanUp':
        return this.#modules.stale.cleanUp(action.streams)
      case 'recordAttempt':
        this.#tell({ endedAttempt: this.#run?.record(action.attempt, action.endedIn, action.failures) })
        return
      case 'endRun':
        return this.#endRun(action.outcome, action.detail)
    }
  }

  /** Work of an attempt; whatever it throws ends the run without harm. */
  async #attempt(work: (run: BatchRun) => Promise<void>): Promise<void> {
    if (this.#run === undefined) return
    try {
      await work(this.#run)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#modules.logger.error('auction attempt failed', { state: this.#state.kind, error })
      this.#post({ kind: 'broken', reason })
    }
  }

  async #seal(run: BatchRun): Promise<void> {
    const { attempt } = run
    if (attempt === undefined) return
    const failures = checkChannelInfos(attempt.batch, run.replies)
    if (failures.length > 0) {
      this.#post({ kind: 'sealFailed', failures })
      return
    }
    await run.seal(reportedTypes(attempt.batch, run.replies))
    this.#post({ kind: 'sealed' })
  }

  async #publish(): Promise<void> {
    const batchId = this.#run?.attempt?.batch.batchId
    if (batchId === undefined) return
    try {
      await this.#modules.publisher.publish(batchId)
      this.#post({ kind: 'published' })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const isVoid = error instanceof AuctioneerError && error.code === 'BATCH_VOID'
      this.#post({ kind: isVoid ? 'broken' : 'publishFailed', reason })
    }
    // Not before: on a full batch it takes as long as the publishing.
    this.#run?.follow()
  }

  #startTimer(attempt: number, step: StepName): void {
    this.#stopTimer?.()
    const over = (): void => {
      this.#noteSilent(step)
      this.#post({ kind: 'timedOut', attempt, step })
    }
    this.#stopTimer = this.#modules.clock.after(this.#options.stepTimeoutMs, () => {
      if (this.#checking.size === 0) over()
      else this.#afterChecks(over)
    })
  }

  /** What came in time counts, if it is checked within the time of another step. */
  #afterChecks(over: () => void): void {
    let waiting = true
    const stop = (): void => {
      waiting = false
      stopTimer()
    }
    const end = (): void => {
      if (!waiting) return
      stop()
      over()
    }
    const stopTimer = this.#modules.clock.after(this.#options.stepTimeoutMs, end)
    this.#stopTimer = stop
    this.#background(Promise.all(this.#checking.values()).then(end))
  }

  /** When nobody has answered the fault may be ours, so nobody is blamed. */
  #noteSilent(step: StepName): void {
    const state = this.#state
    if (state.kind !== 'preparing' && state.kind !== 'signing') return
    const { registry, silences } = this.#modules
    const silent = [...state.waiting].filter((stream) => registry.get(stream)?.markSilent() === true)
    if (silent.length === state.plan.participants.size) return
    for (const stream of silent) silences.noticed(stream, this.#run?.accountsOf(stream) ?? [], step)
  }

  async #endRun(outcome: RunRecord['outcome'], detail: string): Promise<void> {
    const run = this.#run
    if (run === undefined) return
    const record = run.finish(outcome, detail)
    try {
      const { ledger } = this.#modules
      await ledger.exclusively(async () => {
        const verdicts = await run.verdicts(outcome)
        await ledger.commit([
          { kind: 'run', run: record },
          { kind: 'journal', journal: { ...ledger.journal, run: undefined } },
          ...verdicts.map((verdict) => ({ kind: 'verdict', record: verdict }) as const),
        ])
      })
    } catch (error) {
      this.#modules.logger.error('auction run could not be recorded', { error })
    }
    const nodesOf = (stream: StreamId): readonly NodeKey[] => run.nodesOf(stream)
    this.#memory = rememberRun(this.#memory, run.failures, this.#options.conflictCooldown, nodesOf)
    this.#run = undefined
    this.#modules.logger.info('auction ended', { outcome, detail, attempts: record.attempts.length })
    this.#tell({ endedRun: record })
    this.#finished?.(record)
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #tell(ended: Partial<Pick<AuctionProgress, 'endedAttempt' | 'endedRun'>>): void {
    if (this.#watchers.size === 0) return
    const progress = this.#progress(ended)
    for (const watcher of [...this.#watchers]) watcher(progress)
  }

  #progress(ended: Partial<Pick<AuctionProgress, 'endedAttempt' | 'endedRun'>>): AuctionProgress {
    const proposal = this.#run?.attempt
    const building = this.#state.kind === 'building' ? this.#state.attempt : 0
    return {
      state: this.#state.kind,
      atNs: BigInt(this.#modules.clock.now()) * 1_000_000n,
      batchId: this.#run?.batchId ?? ended.endedRun?.batchId,
      attempt: building > 0 ? building : (proposal?.plan.attempt ?? 0),
      proposal: building > 0 ? undefined : proposal,
      waiting: waitingIn(this.#state),
      endedAttempt: ended.endedAttempt,
      endedRun: ended.endedRun,
    }
  }

  #background(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#modules.logger.error('batch execution failed', { error })
    })
  }
}

const waitingIn = (state: ExecutionState): number =>
  state.kind === 'preparing' || state.kind === 'signing' ? state.waiting.size : 0
