import { describe, expect, it } from 'vitest'
import { batchKey, INITIAL_BATCH_KEY, nodeKey, orderNonce } from '@tidepool/crypto'
import { nodePair, streamId } from '@tidepool/market'
import type { BatchReject } from '@tidepool/market'
import { observe, statePage } from '../../test/stateDiagram.ts'
import { Awaited } from './awaited.ts'
import { isSigning, resumeExecution, stepExecution } from './batchExecution.ts'
import type { ExecutionEvent, ExecutionState, Plan } from './batchExecution.ts'
import { MAX_PARTIAL_REJECTS, NO_EXCLUSIONS } from './exclusions.ts'

const ALICE = streamId('alice')
const BOB = streamId('bob')
const NODE_A = nodeKey('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798')
const NODE_B = nodeKey('02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5')
const ASK = orderNonce('01'.repeat(32))
const BID = orderNonce('02'.repeat(32))

const planOf = (attempt: number): Plan => ({
  attempt,
  participants: new Map([
    [ALICE, { stream: ALICE, counterparts: new Map([[BID, { own: NODE_A, other: NODE_B }]]) }],
    [BOB, { stream: BOB, counterparts: new Map([[ASK, { own: NODE_B, other: NODE_A }]]) }],
  ]),
})

const reject = (code: BatchReject['code'], nonces: readonly ReturnType<typeof orderNonce>[] = []): BatchReject => ({
  batchId: batchKey(INITIAL_BATCH_KEY),
  code,
  reason: 'said so',
  rejectedOrders: new Map(nonces.map((nonce) => [nonce, { reason: 'no peer', code: 'channelFundingFailed' }])),
})

const plan = planOf(1)
const answering = { plan, exclusions: NO_EXCLUSIONS, failures: [], touched: new Set<typeof ALICE>() }
const lastOne = { ...answering, waiting: Awaited.of([ALICE]) }

const STATES: Readonly<Record<string, ExecutionState>> = {
  idle: { kind: 'idle' },
  building: { kind: 'building', attempt: 1, exclusions: NO_EXCLUSIONS, touched: new Set() },
  preparing: { kind: 'preparing', ...lastOne },
  signing: { kind: 'signing', ...lastOne },
  sealing: { kind: 'sealing', plan, exclusions: NO_EXCLUSIONS, touched: new Set([ALICE, BOB]) },
  committing: { kind: 'committing', plan, touched: new Set([ALICE, BOB]) },
  publishing: { kind: 'publishing', plan, touched: new Set([ALICE, BOB]), stopping: false },
  finalizing: { kind: 'finalizing', plan, touched: new Set([ALICE, BOB]) },
}

const EVENTS: Readonly<Record<string, ExecutionEvent>> = {
  started: { kind: 'started' },
  built: { kind: 'built', plan },
  nothingToMatch: { kind: 'nothingToMatch', reason: 'empty book' },
  heldBack: { kind: 'heldBack', reason: 'chain too long' },
  broken: { kind: 'broken', reason: 'lnd is gone' },
  lastAccepted: { kind: 'accepted', stream: ALICE, attempt: 1 },
  rejected: { kind: 'rejected', stream: ALICE, attempt: 1, step: 'prepare', reject: reject('unknown') },
  lastSigned: { kind: 'signed', stream: ALICE, attempt: 1, failure: undefined },
  streamLost: { kind: 'streamLost', stream: ALICE },
  bookChanged: { kind: 'bookChanged', reason: 'order canceled' },
  prepareTimedOut: { kind: 'timedOut', attempt: 1, step: 'prepare' },
  signTimedOut: { kind: 'timedOut', attempt: 1, step: 'sign' },
  sealed: { kind: 'sealed' },
  sealFailed: { kind: 'sealFailed', failures: [{ kind: 'streamLost', stream: ALICE }] },
  committed: { kind: 'committed' },
  published: { kind: 'published' },
  publishFailed: { kind: 'publishFailed', reason: 'min relay fee not met' },
  finalized: { kind: 'finalized' },
  stopped: { kind: 'stopped' },
}

const LATE = ['lastAccepted', 'rejected', 'lastSigned', 'streamLost', 'bookChanged', 'prepareTimedOut', 'signTimedOut']
const unmoved = (state: string, events: readonly string[]) => Object.fromEntries(events.map((event) => [event, state]))

/** Next state of every accepted pair; what is not listed must be refused. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  idle: { ...unmoved('idle', [...LATE, 'stopped']), started: 'building' },
  building: {
    ...unmoved('building', LATE),
    built: 'preparing',
    nothingToMatch: 'idle',
    heldBack: 'idle',
    broken: 'idle',
    stopped: 'idle',
  },
  preparing: {
    broken: 'idle',
    lastAccepted: 'signing',
    rejected: 'building',
    streamLost: 'building',
    bookChanged: 'building',
    prepareTimedOut: 'building',
    signTimedOut: 'preparing',
    stopped: 'idle',
  },
  signing: {
    broken: 'idle',
    rejected: 'building',
    lastSigned: 'sealing',
    streamLost: 'building',
    bookChanged: 'building',
    prepareTimedOut: 'signing',
    signTimedOut: 'building',
    stopped: 'idle',
  },
  sealing: {
    ...unmoved('sealing', [...LATE, 'stopped']),
    broken: 'idle',
    sealed: 'committing',
    sealFailed: 'building',
  },
  committing: { ...unmoved('committing', [...LATE, 'stopped']), broken: 'idle', committed: 'publishing' },
  publishing: {
    ...unmoved('publishing', [...LATE, 'stopped']),
    broken: 'idle',
    published: 'finalizing',
    publishFailed: 'publishing',
  },
  finalizing: { ...unmoved('finalizing', [...LATE, 'stopped']), broken: 'idle', finalized: 'idle' },
}

const steps = observe(STATES, EVENTS, stepExecution, ({ kind }) => kind)

/** Plays events from idle and gives the last step. */
function play(...events: readonly ExecutionEvent[]) {
  let last = stepExecution({ kind: 'idle' }, { kind: 'started' })
  for (const event of events) last = stepExecution(last.state, event)
  return last
}

const accepted = (stream: typeof ALICE, attempt = 1): ExecutionEvent => ({ kind: 'accepted', stream, attempt })
const signed = (stream: typeof ALICE, attempt = 1): ExecutionEvent => ({
  kind: 'signed',
  stream,
  attempt,
  failure: undefined,
})
const built = (attempt = 1): ExecutionEvent => ({ kind: 'built', plan: planOf(attempt) })
const kinds = (step: ReturnType<typeof stepExecution>) => step.actions.map(({ kind }) => kind)
const rejected = (attempt: number, ...nonces: readonly ReturnType<typeof orderNonce>[]): ExecutionEvent => ({
  kind: 'rejected',
  stream: ALICE,
  attempt,
  step: 'prepare',
  reject: reject('partialReject', nonces),
})

describe('batch execution', () => {
  it.each(steps)('$from + $event', ({ from, event, to }) => {
    expect(to).toBe(EXPECTED[from]?.[event])
  })

  it.each(Object.entries(STATES))('resumes %s', (name, state) => {
    const expected = name === 'publishing' || name === 'finalizing' ? ['publish'] : []
    expect(resumeExecution(state).map(({ kind }) => kind)).toEqual(expected)
  })

  it('goes from tick to finalize when everyone agrees', () => {
    const signing = play(built(), accepted(ALICE), accepted(BOB))
    expect(signing.state.kind).toBe('signing')
    expect(kinds(signing)).toEqual(['openSessions', 'stopTimer', 'beginSigning', 'startTimer'])
    const sealing = stepExecution(stepExecution(signing.state, signed(BOB)).state, signed(ALICE))
    expect(kinds(sealing)).toEqual(['stopTimer', 'seal'])
    const commit = stepExecution(sealing.state, { kind: 'sealed' })
    expect(kinds(commit)).toEqual(['commit'])
    const publish = stepExecution(commit.state, { kind: 'committed' })
    expect(kinds(publish)).toEqual(['publish'])
    const finalize = stepExecution(publish.state, { kind: 'published' })
    expect(kinds(finalize)).toEqual(['finalize'])
    const done = stepExecution(finalize.state, { kind: 'finalized' })
    expect(kinds(done)).toEqual(['discardAttempt', 'recordAttempt', 'endRun'])
    expect(done.actions.at(-1)).toMatchObject({ outcome: 'batch' })
  })

  it('opens sessions for those that accept while others verify, until an attempt is known to fail', () => {
    const first = play(built(), accepted(BOB))
    expect(first.actions).toEqual([{ kind: 'openSessions', stream: BOB }])
    expect(stepExecution(first.state, accepted(BOB)).actions).toEqual([])
    expect(kinds(play(built(), rejected(1, BID), accepted(BOB)))).not.toContain('openSessions')
  })

  it('waits for all answers before it builds again, to learn of all conflicts', () => {
    const waiting = play(built(), rejected(1, BID))
    expect(waiting.state.kind).toBe('preparing')
    expect(waiting.actions).toEqual([])
    const again = stepExecution(waiting.state, accepted(BOB))
    expect(kinds(again)).toEqual(['stopTimer', 'discardAttempt', 'recordAttempt', 'build'])
    const build = again.actions.at(-1)
    if (build?.kind !== 'build') throw new Error('no build')
    expect(build.attempt).toBe(2)
    expect([...build.exclusions.pairs]).toEqual([nodePair(NODE_A, NODE_B)])
    expect(build.exclusions.streams.size).toBe(0)
  })

  it('leaves out a trader that rejects everything, is silent, is gone or signs badly', () => {
    const out = (step: ReturnType<typeof stepExecution>) => {
      const build = step.actions.find(({ kind }) => kind === 'build')
      return build?.kind === 'build' ? Object.fromEntries(build.exclusions.streams) : undefined
    }
    const fullReject: ExecutionEvent = {
      kind: 'rejected',
      stream: ALICE,
      attempt: 1,
      step: 'prepare',
      reject: reject('serverMisbehavior'),
    }
    expect(out(play(built(), accepted(BOB), fullReject))).toEqual({ alice: 'fullReject' })
    expect(out(play(built(), accepted(BOB), { kind: 'timedOut', attempt: 1, step: 'prepare' }))).toEqual({
      alice: 'silent',
    })
    expect(out(play(built(), accepted(BOB), { kind: 'streamLost', stream: ALICE }))).toEqual({ alice: 'streamLost' })
    const bad: ExecutionEvent = {
      kind: 'signed',
      stream: ALICE,
      attempt: 1,
      failure: { kind: 'badSignature', stream: ALICE, accountKey: NODE_A as never, reason: 'invalid' },
    }
    expect(out(play(built(), accepted(ALICE), accepted(BOB), signed(BOB), bad))).toEqual({ alice: 'badSignature' })
  })

  it('takes a partial reject of strangers only, or of nothing, for a full one', () => {
    const step = play(built(), accepted(BOB), rejected(1, ASK))
    expect(step.actions.find(({ kind }) => kind === 'recordAttempt')).toMatchObject({
      failures: [{ kind: 'fullReject', code: 'emptyPartialReject' }],
    })
  })

  it(`leaves a trader out after ${MAX_PARTIAL_REJECTS} partial rejects`, () => {
    let step = play()
    for (let attempt = 1; attempt <= MAX_PARTIAL_REJECTS + 1; attempt++) {
      for (const event of [built(attempt), accepted(BOB, attempt), rejected(attempt, BID)]) {
        step = stepExecution(step.state, event)
      }
      const excluded = step.state.kind === 'building' ? step.state.exclusions.streams.size : -1
      expect(excluded).toBe(attempt > MAX_PARTIAL_REJECTS ? 1 : 0)
    }
  })

  it('ignores answers to an attempt that is over', () => {
    const second = play(built(), accepted(BOB), rejected(1, BID), built(2))
    for (const event of [accepted(ALICE, 1), signed(ALICE, 1), rejected(1, BID)]) {
      expect(stepExecution(second.state, event)).toEqual({ state: second.state, actions: [] })
    }
  })

  it('cleans up traders that were asked to sign and fell out', () => {
    const lost = play(built(), accepted(ALICE), accepted(BOB), signed(BOB), { kind: 'streamLost', stream: ALICE })
    const none = stepExecution(lost.state, { kind: 'nothingToMatch', reason: 'no orders match' })
    expect(none.actions[0]).toEqual({ kind: 'cleanUp', streams: new Set([ALICE, BOB]) })
  })

  it('finishes what is durable before it stops, and abandons the rest', () => {
    expect(steps.filter(({ event }) => event === 'stopped').map(({ from, to }) => [from, to])).toEqual([
      ['idle', 'idle'],
      ['building', 'idle'],
      ['preparing', 'idle'],
      ['signing', 'idle'],
      ['sealing', 'sealing'],
      ['committing', 'committing'],
      ['publishing', 'publishing'],
      ['finalizing', 'finalizing'],
    ])
  })

  it('stops without waiting for a network that refuses a durable batch', () => {
    const publishing = STATES['publishing']
    if (publishing === undefined) throw new Error('no such state')
    const { state } = stepExecution(publishing, { kind: 'stopped' })
    expect(stepExecution(state, { kind: 'published' }).state.kind).toBe('finalizing')
    const ended = stepExecution(state, { kind: 'publishFailed', reason: 'no peers' })
    expect(ended.state.kind).toBe('idle')
    expect(ended.actions.map(({ kind }) => kind)).toEqual(['discardAttempt', 'recordAttempt', 'endRun'])
  })

  it('lets orders go until the sign step', () => {
    const names = Object.entries(STATES).filter(([, state]) => isSigning(state))
    expect(names.map(([name]) => name)).toEqual(['signing', 'sealing', 'committing', 'publishing', 'finalizing'])
  })

  it('is drawn in docs/states', async () => {
    const about =
      'One run of the auction (`packages/auctioneer/src/core/batchExecution.ts`). The waiting states stand before their last answer.'
    const page = statePage('Batch execution, auctioneer', about, steps)
    await expect(page).toMatchFileSnapshot('../../../../docs/states/auctioneerBatchExecution.md')
  })
})
