import { InvalidTransition } from '@tidepool/market'
import type { BatchReject, StreamId, Transition } from '@tidepool/market'
import type { OrderNonce } from '@tidepool/crypto'
import { Awaited } from './awaited.ts'
import { NO_EXCLUSIONS, exclude, rejectedPairs } from './exclusions.ts'
import type { Exclusions, Failure, Meeting } from './exclusions.ts'
import type { RunOutcome } from './records.ts'

/** One stream in a proposal, and whom its orders meet: keyed by the other order's nonce. */
export interface Participant {
  readonly stream: StreamId
  readonly counterparts: ReadonlyMap<OrderNonce, Meeting>
}

/** A proposal in numbers: which attempt, who takes part. The batch itself stays with the shell. */
export interface Plan {
  readonly attempt: number
  readonly participants: ReadonlyMap<StreamId, Participant>
}

export type StepName = 'prepare' | 'sign'

interface Answering {
  readonly plan: Plan
  readonly exclusions: Exclusions
  readonly waiting: Awaited
  readonly failures: readonly Failure[]
  /** Streams that were asked to sign an earlier proposal of this run and may hold channels and staged data of it. */
  readonly touched: ReadonlySet<StreamId>
}

/**
 * idle: between auctions. building: match, clear, construct. preparing: proposal sent, answers come in. signing: as
 * before for signatures. sealing: our own signatures. committing: being made durable. publishing: durable, not yet in
 * the mempool. finalizing: telling the traders. Nothing before committing outlives the process; from then on the
 * stored batch is what a restart goes on with.
 */
export type ExecutionState =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'building'
      readonly attempt: number
      readonly exclusions: Exclusions
      readonly touched: ReadonlySet<StreamId>
    }
  | ({ readonly kind: 'preparing' } & Answering)
  | ({ readonly kind: 'signing' } & Answering)
  | ({ readonly kind: 'sealing' } & Omit<Answering, 'waiting' | 'failures'>)
  | { readonly kind: 'committing'; readonly plan: Plan; readonly touched: ReadonlySet<StreamId> }
  | {
      readonly kind: 'publishing'
      readonly plan: Plan
      readonly touched: ReadonlySet<StreamId>
      /** The next failure ends the run: after a restart the stored batch is published again. */
      readonly stopping: boolean
    }
  | { readonly kind: 'finalizing'; readonly plan: Plan; readonly touched: ReadonlySet<StreamId> }

export type ExecutionEvent =
  | { readonly kind: 'started' }
  | { readonly kind: 'built'; readonly plan: Plan }
  | { readonly kind: 'nothingToMatch'; readonly reason: string }
  /** Nodes would not relay another batch before the next block. */
  | { readonly kind: 'heldBack'; readonly reason: string }
  /** lnd, the store or a rule of ours failed: the run ends, the next tick tries again. */
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'accepted'; readonly stream: StreamId; readonly attempt: number }
  | {
      readonly kind: 'rejected'
      readonly stream: StreamId
      readonly attempt: number
      readonly step: StepName
      readonly reject: BatchReject
    }
  | {
      readonly kind: 'signed'
      readonly stream: StreamId
      readonly attempt: number
      readonly failure: Failure | undefined
    }
  | { readonly kind: 'streamLost'; readonly stream: StreamId }
  | { readonly kind: 'bookChanged'; readonly reason: string }
  | { readonly kind: 'timedOut'; readonly attempt: number; readonly step: StepName }
  | { readonly kind: 'sealed' }
  | { readonly kind: 'sealFailed'; readonly failures: readonly Failure[] }
  | { readonly kind: 'committed' }
  | { readonly kind: 'published' }
  | { readonly kind: 'publishFailed'; readonly reason: string }
  | { readonly kind: 'finalized' }
  | { readonly kind: 'stopped' }

export type ExecutionAction =
  | { readonly kind: 'build'; readonly attempt: number; readonly exclusions: Exclusions }
  | { readonly kind: 'sendPrepare'; readonly plan: Plan }
  | { readonly kind: 'startTimer'; readonly attempt: number; readonly step: StepName }
  | { readonly kind: 'stopTimer' }
  /** Fresh MuSig2 sessions for a stream that accepted, while others still verify. */
  | { readonly kind: 'openSessions'; readonly stream: StreamId }
  /** SignBegin to every participant at once, as soon as all sessions are open. */
  | { readonly kind: 'beginSigning'; readonly plan: Plan }
  /** Forget replies, nonces and sessions of the attempt. */
  | { readonly kind: 'discardAttempt' }
  | { readonly kind: 'seal'; readonly plan: Plan }
  | { readonly kind: 'commit'; readonly plan: Plan }
  | { readonly kind: 'publish' }
  | { readonly kind: 'retryPublish'; readonly reason: string }
  | { readonly kind: 'finalize'; readonly plan: Plan }
  /** Empty proposal that makes traders who fell out drop channels and staged data of the discarded one. */
  | { readonly kind: 'cleanUp'; readonly streams: ReadonlySet<StreamId> }
  | {
      readonly kind: 'recordAttempt'
      readonly attempt: number
      readonly endedIn: string
      readonly failures: readonly Failure[]
    }
  | { readonly kind: 'endRun'; readonly outcome: RunOutcome; readonly detail: string }

type Step = Transition<ExecutionState, ExecutionAction>

const IDLE: ExecutionState = { kind: 'idle' }

/**
 * One run of the auction. An answer that belongs to an earlier attempt, and news that no longer matter, change nothing.
 * @throws InvalidTransition
 */
export function stepExecution(state: ExecutionState, event: ExecutionEvent): Step {
  if (event.kind === 'stopped') return stop(state)
  if (isLateNews(state, event)) return { state, actions: [] }
  switch (state.kind) {
    case 'idle':
      return event.kind === 'started' ? rebuild(1, NO_EXCLUSIONS, new Set(), []) : refuse(state, event)
    case 'building':
      return building(state, event)
    case 'preparing':
    case 'signing':
      return answering(state, event)
    case 'sealing':
      return sealing(state, event)
    case 'committing':
    case 'publishing':
    case 'finalizing':
      return durable(state, event)
  }
}

/** After a restart nothing of an undecided attempt is left; a durable batch is published again, never finalized. */
export function resumeExecution(state: ExecutionState): readonly ExecutionAction[] {
  return state.kind === 'publishing' || state.kind === 'finalizing' ? [{ kind: 'publish' }] : []
}

/** From here on an order in the proposal can no longer be cancelled. */
export const isSigning = (state: ExecutionState): boolean =>
  state.kind !== 'idle' && state.kind !== 'building' && state.kind !== 'preparing'

function building(state: ExecutionState & { kind: 'building' }, event: ExecutionEvent): Step {
  switch (event.kind) {
    case 'built': {
      const waiting = Awaited.of(event.plan.participants.keys())
      const { exclusions, touched } = state
      return {
        state: { kind: 'preparing', plan: event.plan, exclusions, touched, waiting, failures: [] },
        actions: [
          { kind: 'sendPrepare', plan: event.plan },
          { kind: 'startTimer', attempt: event.plan.attempt, step: 'prepare' },
        ],
      }
    }
    case 'nothingToMatch':
    case 'heldBack':
      return end(state.touched, event.kind, event.reason)
    case 'broken':
      return end(state.touched, 'failed', event.reason)
    default:
      return refuse(state, event)
  }
}

function answering(state: ExecutionState & { kind: 'preparing' | 'signing' }, event: ExecutionEvent): Step {
  switch (event.kind) {
    case 'accepted':
      return state.kind === 'preparing' ? accepted(state, event.stream) : refuse(state, event)
    case 'signed':
      if (state.kind !== 'signing') return refuse(state, event)
      return answered(state, event.stream, event.failure === undefined ? [] : [event.failure])
    case 'rejected':
      return answered(state, event.stream, [rejection(state.plan, event.stream, event.reject)])
    case 'streamLost':
      return answered(state, event.stream, [{ kind: 'streamLost', stream: event.stream }])
    case 'timedOut': {
      const silent = [...state.waiting].map((stream): Failure => ({ kind: 'silent', stream, step: event.step }))
      return settle({ ...state, waiting: Awaited.of([]), failures: [...state.failures, ...silent] })
    }
    case 'bookChanged':
      return failed(state, [...state.failures, { kind: 'bookChanged', reason: event.reason }])
    case 'broken':
      return abort(state, event.reason)
    default:
      return refuse(state, event)
  }
}

function sealing(state: ExecutionState & { kind: 'sealing' }, event: ExecutionEvent): Step {
  switch (event.kind) {
    case 'sealed':
      return {
        state: { kind: 'committing', plan: state.plan, touched: state.touched },
        actions: [{ kind: 'commit', plan: state.plan }],
      }
    case 'sealFailed':
      return failed(state, event.failures)
    case 'broken':
      return abort(state, event.reason)
    default:
      return refuse(state, event)
  }
}

function durable(
  state: ExecutionState & { kind: 'committing' | 'publishing' | 'finalizing' },
  event: ExecutionEvent,
): Step {
  const { plan, touched } = state
  switch (`${state.kind}:${event.kind}`) {
    case 'committing:committed':
      return { state: { kind: 'publishing', plan, touched, stopping: false }, actions: [{ kind: 'publish' }] }
    case 'committing:broken':
      return abort({ kind: 'committing', plan, touched }, event.kind === 'broken' ? event.reason : '')
    case 'publishing:broken':
      return abort({ kind: 'publishing', plan, touched }, event.kind === 'broken' ? event.reason : '')
    case 'publishing:published':
      return { state: { kind: 'finalizing', plan, touched }, actions: [{ kind: 'finalize', plan }] }
    case 'publishing:publishFailed':
      if (state.kind === 'publishing' && state.stopping) return concluded(plan, new Set())
      return { state, actions: [{ kind: 'retryPublish', reason: event.kind === 'publishFailed' ? event.reason : '' }] }
    case 'finalizing:broken':
    case 'finalizing:finalized':
      return concluded(plan, without(touched, plan))
    default:
      return refuse(state, event)
  }
}

function concluded(plan: Plan, untold: ReadonlySet<StreamId>): Step {
  const ended = end(untold, 'batch', '')
  const record: ExecutionAction = { kind: 'recordAttempt', attempt: plan.attempt, endedIn: 'done', failures: [] }
  return { state: ended.state, actions: [{ kind: 'discardAttempt' }, record, ...ended.actions] }
}

/** An attempt that is known to fail opens no more sessions. */
function accepted(state: ExecutionState & { kind: 'preparing' }, stream: StreamId): Step {
  const step = answered(state, stream, [])
  if (state.failures.length > 0) return step
  return { state: step.state, actions: [{ kind: 'openSessions', stream }, ...step.actions] }
}

/** A stream answered or is gone; goes on once nobody is waited for. */
function answered(
  state: ExecutionState & { kind: 'preparing' | 'signing' },
  stream: StreamId,
  failures: readonly Failure[],
): Step {
  return settle({ ...state, waiting: state.waiting.without(stream), failures: [...state.failures, ...failures] })
}

function settle(state: ExecutionState & { kind: 'preparing' | 'signing' }): Step {
  if (state.waiting.size > 0) return { state, actions: [] }
  if (state.failures.length > 0) return failed(state, state.failures)
  const { plan, exclusions } = state
  const touched = new Set([...state.touched, ...plan.participants.keys()])
  if (state.kind === 'signing') {
    return {
      state: { kind: 'sealing', plan, exclusions, touched },
      actions: [{ kind: 'stopTimer' }, { kind: 'seal', plan }],
    }
  }
  return {
    state: { kind: 'signing', plan, exclusions, touched, failures: [], waiting: Awaited.of(plan.participants.keys()) },
    actions: [
      { kind: 'stopTimer' },
      { kind: 'beginSigning', plan },
      { kind: 'startTimer', attempt: plan.attempt, step: 'sign' },
    ],
  }
}

/** The attempt is over: the next one leaves out what failed. */
function failed(
  state: ExecutionState & { kind: 'preparing' | 'signing' | 'sealing' },
  failures: readonly Failure[],
): Step {
  const { attempt } = state.plan
  return rebuild(attempt + 1, exclude(state.exclusions, failures), state.touched, [
    { kind: 'stopTimer' },
    { kind: 'discardAttempt' },
    { kind: 'recordAttempt', attempt, endedIn: STEP_OF[state.kind], failures },
  ])
}

const STEP_OF = {
  preparing: 'prepare',
  signing: 'sign',
  sealing: 'seal',
  committing: 'commit',
  publishing: 'publish',
} as const

function rebuild(
  attempt: number,
  exclusions: Exclusions,
  touched: ReadonlySet<StreamId>,
  before: readonly ExecutionAction[],
): Step {
  return {
    state: { kind: 'building', attempt, exclusions, touched },
    actions: [...before, { kind: 'build', attempt, exclusions }],
  }
}

function abort(
  state: Pick<Answering, 'plan' | 'touched'> & { readonly kind: keyof typeof STEP_OF },
  reason: string,
): Step {
  const { attempt } = state.plan
  const ended = end(state.touched, 'failed', reason)
  return {
    state: ended.state,
    actions: [
      { kind: 'stopTimer' },
      { kind: 'discardAttempt' },
      { kind: 'recordAttempt', attempt, endedIn: STEP_OF[state.kind], failures: [] },
      ...ended.actions,
    ],
  }
}

function end(touched: ReadonlySet<StreamId>, outcome: RunOutcome, detail: string): Step {
  const clean: readonly ExecutionAction[] = touched.size === 0 ? [] : [{ kind: 'cleanUp', streams: touched }]
  return { state: IDLE, actions: [...clean, { kind: 'endRun', outcome, detail }] }
}

/** A stop abandons an attempt until sealing; a batch being made durable is finished first. */
function stop(state: ExecutionState): Step {
  switch (state.kind) {
    case 'building':
      return { state: IDLE, actions: [{ kind: 'endRun', outcome: 'failed', detail: 'the auctioneer stops' }] }
    case 'preparing':
    case 'signing':
      return abort({ ...state, touched: new Set() }, 'the auctioneer stops')
    case 'publishing':
      return { state: { ...state, stopping: true }, actions: [] }
    default:
      return { state, actions: [] }
  }
}

function rejection(plan: Plan, stream: StreamId, reject: BatchReject): Failure {
  const { code, reason } = reject
  if (code !== 'partialReject') return { kind: 'fullReject', stream, code, reason }
  const pairs = rejectedPairs(plan.participants.get(stream)?.counterparts ?? new Map(), reject.rejectedOrders)
  if (pairs.length === 0) return { kind: 'fullReject', stream, code: 'emptyPartialReject', reason }
  return { kind: 'partialReject', stream, pairs }
}

/** Answers to other attempts, of strangers, of streams that answered already; losses and changes that cannot matter. */
function isLateNews(state: ExecutionState, event: ExecutionEvent): boolean {
  switch (event.kind) {
    case 'accepted':
    case 'rejected':
    case 'signed':
      if (state.kind !== 'preparing' && state.kind !== 'signing') return true
      return event.attempt !== state.plan.attempt || !state.waiting.has(event.stream)
    case 'streamLost':
      if (state.kind !== 'preparing' && state.kind !== 'signing') return true
      return !state.plan.participants.has(event.stream)
    case 'bookChanged':
      return state.kind !== 'preparing' && state.kind !== 'signing'
    case 'timedOut':
      if (state.kind !== 'preparing' && state.kind !== 'signing') return true
      return event.attempt !== state.plan.attempt || event.step !== (state.kind === 'preparing' ? 'prepare' : 'sign')
    default:
      return false
  }
}

function without(streams: ReadonlySet<StreamId>, plan: Plan): ReadonlySet<StreamId> {
  return new Set([...streams].filter((stream) => !plan.participants.has(stream)))
}

function refuse(state: ExecutionState, event: ExecutionEvent): never {
  throw new InvalidTransition('batch execution', state.kind, event.kind)
}
