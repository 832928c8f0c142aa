import { describe, expect, it } from 'vitest'
import type { SignReply } from '@tidepool/market'
import type { PartialJob } from '../src/core/signatureChecks.ts'
import { checkBatchHere } from '../src/ports/signatures.ts'
import type { BatchSignatureChecker } from '../src/ports/signatures.ts'
import { settle } from './fakeWorld.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'
import { World } from './world.ts'

/** Gives its verdicts on halves when told. */
class HeldChecker implements BatchSignatureChecker {
  readonly expect = checkBatchHere.expect
  readonly combined = checkBatchHere.combined
  readonly #held: { readonly job: PartialJob; readonly check: () => void }[] = []

  partial(job: PartialJob, among: number): ReturnType<BatchSignatureChecker['partial']> {
    return new Promise((tell, fail) => {
      this.#held.push({ job, check: () => void checkBatchHere.partial(job, among).then(tell, fail) })
    })
  }

  get held(): number {
    return this.#held.length
  }

  /** The oldest first. */
  async release(count = this.#held.length): Promise<void> {
    for (const { check } of this.#held.splice(0, count)) check()
    await settle()
  }

  async releaseOf(trader: ScriptedTrader): Promise<void> {
    const at = this.#held.findIndex(({ job }) => (job.publicKey as string) === trader.key)
    for (const { check } of this.#held.splice(at, 1)) check()
    await settle()
  }
}

const badly = (reply: SignReply): SignReply => ({
  ...reply,
  accountSigs: new Map(
    [...reply.accountSigs].map(([key, sig]) => [key, sig.map((byte, i) => (i === 20 ? ~byte : byte))]),
  ),
})

/** A batch whose signatures have all come and wait for their checks. */
async function signedBatch(
  change: (traders: Traders, world: World) => void = () => undefined,
  checkerOf: (held: HeldChecker, traders: Traders) => BatchSignatureChecker = (held) => held,
) {
  const world = await World.start()
  await world.fundMaster()
  const [alice, bob, carol] = await world.openTraders(['alice', 2], ['bob', 1], ['carol', 2])
  if (alice === undefined || bob === undefined || carol === undefined) throw new Error('traders are missing')
  const ask = alice.ask(10)
  await alice.submit(ask)
  await bob.submit(bob.bid(2))
  await carol.submit(carol.bid(3))
  change({ alice, bob, carol }, world)
  const checker = new HeldChecker()
  world.batchSignatures = checkerOf(checker, { alice, bob, carol })
  const run = world.auctioneer.auction.runNow()
  await settle()
  const { executor } = world.auctioneer
  const stands = () => [executor.progress.state, executor.progress.attempt, executor.progress.waiting]
  return { world, alice, bob, carol, ask, checker, run, executor, stands }
}

interface Traders {
  readonly alice: ScriptedTrader
  readonly bob: ScriptedTrader
  readonly carol: ScriptedTrader
}

/** The first reply is bad, the next ones are good. */
const badAtFirst = (trader: ScriptedTrader): void => {
  trader.script.onSign = (reply) => {
    trader.script.onSign = (next) => next
    return badly(reply)
  }
}

describe('a signature that is checked late', () => {
  it('counts when its verdict comes, and the batch is made after the last', async () => {
    const { checker, run, stands, world } = await signedBatch()
    expect(checker.held).toBe(3)
    expect(stands()).toEqual(['signing', 1, 3])
    await checker.release(2)
    expect(stands()).toEqual(['signing', 1, 1])
    expect(world.auctioneer.ledger.auction.lastBatchId).toBeUndefined()
    await checker.release()
    expect(await run).toMatchObject({ outcome: 'batch' })
    expect(world.complaints).toEqual([])
  })

  it('is told apart from the same of the next attempt', async () => {
    const { ask, checker, run, executor, stands } = await signedBatch(({ bob }) => badAtFirst(bob))
    executor.bookChanged('one order less', [ask.nonce])
    await settle()
    expect(stands()).toEqual(['signing', 2, 3])
    await checker.release(3)
    expect(stands()).toEqual(['signing', 2, 3])
    await checker.release()
    expect(await run).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'sign' }, { endedIn: 'done' }] })
  })

  it('is told apart from the same of the next run', async () => {
    const { checker, run, stands, world } = await signedBatch(({ bob }) => badAtFirst(bob))
    for (let step = 0; step < 2; step++) {
      world.clock.advance(30_000)
      await settle()
    }
    expect(await run).toMatchObject({ outcome: 'nothingToMatch' })
    const next = world.auctioneer.auction.runNow()
    await settle()
    expect(stands()).toEqual(['signing', 1, 3])
    await checker.release(3)
    expect(stands()).toEqual(['signing', 1, 3])
    await checker.release()
    expect(await next).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'done' }] })
  })

  it('does not hold up a stop, and changes nothing after it', async () => {
    const { checker, run, world } = await signedBatch()
    await world.auctioneer.stop()
    expect(await run).toMatchObject({ outcome: 'failed', detail: 'the auctioneer stops' })
    const { auction, journal } = world.auctioneer.ledger
    await checker.release()
    expect(world.auctioneer.ledger.auction).toBe(auction)
    expect(world.auctioneer.ledger.journal).toBe(journal)
    expect(world.lnd.published).toEqual([])
    expect(world.lnd.openSessions.size).toBe(0)
    expect(world.complaints).toEqual([])
  })

  it('means nothing to the process after a crash', async () => {
    const { checker, world, ...traders } = await signedBatch()
    world.crash()
    await world.boot()
    await checker.release()
    world.batchSignatures = checkBatchHere
    for (const name of ['alice', 'bob', 'carol'] as const) await traders[name].connect()
    expect(await world.auction()).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'done' }] })
  })
})

describe('the time of the sign step', () => {
  it('is kept by who answered in time, however late the verdict', async () => {
    const { bob, checker, run, stands, world } = await signedBatch(({ bob: silent }) => {
      silent.script.onSign = () => 'silent'
    })
    world.clock.advance(30_000)
    await settle()
    expect(stands()).toEqual(['signing', 1, 3])
    await checker.release()
    await checker.release()
    const ended = await run
    expect(ended).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'sign' }, { endedIn: 'done' }] })
    expect(ended.attempts[0]?.failures).toMatchObject([{ failure: { kind: 'silent' }, accounts: [bob.key] }])
  })

  it('is over for good after twice as long: no batch waits for ever', async () => {
    const { alice, bob, carol, checker, run, stands, world } = await signedBatch()
    world.clock.advance(30_000)
    for (const trader of [alice, bob]) await checker.releaseOf(trader)
    expect(stands()).toEqual(['signing', 1, 1])
    world.clock.advance(30_000)
    await settle()
    for (const trader of [alice, bob]) await checker.releaseOf(trader)
    const ended = await run
    expect(ended).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'sign' }, { endedIn: 'done' }] })
    expect(ended.attempts[0]?.failures).toMatchObject([{ failure: { kind: 'silent' }, accounts: [carol.key] }])
  })

  it('is not made longer by what an earlier attempt still checks', async () => {
    const { ask, bob, executor, stands, world } = await signedBatch()
    bob.script.onPrepare = () => 'silent'
    executor.bookChanged('one order less', [ask.nonce])
    await settle()
    expect(stands()).toEqual(['preparing', 2, 1])
    world.clock.advance(30_000)
    await settle()
    expect(stands()).toEqual(['signing', 3, 2])
  })

  it('that is over ends no later attempt', async () => {
    const { ask, checker, run, executor, stands, world } = await signedBatch()
    world.clock.advance(30_000)
    executor.bookChanged('one order less', [ask.nonce])
    await settle()
    await checker.release(3)
    expect(stands()).toEqual(['signing', 2, 3])
    world.clock.advance(29_000)
    await settle()
    expect(stands()).toEqual(['signing', 2, 3])
    await checker.release()
    expect(await run).toMatchObject({ outcome: 'batch' })
  })
})

describe('a stream that ends while its signature is checked', () => {
  it('has signed before', async () => {
    const { alice, bob, carol, checker, run, stands } = await signedBatch()
    for (const trader of [alice, carol]) await checker.releaseOf(trader)
    bob.disconnect()
    await settle()
    expect(stands()).toEqual(['signing', 1, 1])
    await checker.release()
    expect(await run).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'done' }] })
  })

  it('is left out for what it signed', async () => {
    const { bob, checker, run } = await signedBatch(({ bob: bad }) => badAtFirst(bad))
    bob.disconnect()
    await checker.release()
    await checker.release()
    const { attempts, outcome } = await run
    expect(outcome).toBe('batch')
    expect(attempts[0]?.failures).toMatchObject([
      { failure: { kind: 'badSignature', reason: 'invalid' }, accounts: [bob.key] },
    ])
  })
})

it('a second reply of a stream counts for nothing', async () => {
  const replies: SignReply[] = []
  const { alice, checker, executor, run, stands } = await signedBatch(({ alice: twice, bob }) => {
    twice.script.onSign = (reply) => {
      replies.push(reply)
      return badly(reply)
    }
    bob.script.onSign = () => 'silent'
  })
  const [reply] = replies
  if (alice.session === undefined || reply === undefined) throw new Error('no reply')
  const { id } = alice.session
  executor.answered(id, 1, 'sign', { kind: 'sign', reply })
  expect(checker.held).toBe(2)
  await checker.release()
  expect(stands()).toEqual(['signing', 1, 1])
  executor.answered(id, 1, 'sign', { kind: 'sign', reply })
  await settle()
  expect(checker.held).toBe(0)
  expect(stands()).toEqual(['signing', 1, 1])
  await executor.stop()
  expect(await run).toMatchObject({ outcome: 'failed' })
})

it('a reply to a question of an earlier run does not stand for the one to come', async () => {
  const { checker, run, world } = await signedBatch(({ alice }, { auctioneer }) => {
    alice.script.onPrepare = ({ batchId }) => {
      const reply = { batchId, accountSigs: new Map(), traderNonces: new Map(), channelInfos: new Map() }
      if (alice.session !== undefined)
        auctioneer.executor.answered(alice.session.id, 1, 'sign', { kind: 'sign', reply })
      return 'accept'
    }
  })
  await checker.release()
  expect(await run).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'done' }] })
  expect(world.complaints).toEqual([])
})

it.each([
  ['later', () => Promise.reject(new Error('no check'))],
  [
    'at once',
    () => {
      throw new Error('no check')
    },
  ],
] as const)('a check that fails %s leaves out the trader, and the others are served', async (_, fail) => {
  const { bob, checker, run, world } = await signedBatch(undefined, (held, traders) => ({
    ...checkBatchHere,
    partial: (job, among) => ((job.publicKey as string) === traders.bob.key ? fail() : held.partial(job, among)),
  }))
  await checker.release()
  await checker.release()
  const { attempts, outcome } = await run
  expect(outcome).toBe('batch')
  expect(attempts[0]?.failures).toMatchObject([
    { failure: { kind: 'badSignature', reason: 'unchecked' }, accounts: [bob.key] },
  ])
  expect(world.complaints[0]).toContain('a signature could not be checked')
})

it('whoever checks is told how many accounts will sign before any trader is asked', async () => {
  const told: (number | string)[] = []
  const { checker, run } = await signedBatch(
    ({ alice }) => {
      alice.script.onPrepare = () => {
        told.push('prepare')
        return 'accept'
      }
    },
    (held) => ({
      expect: (accounts) => void told.push(accounts),
      partial: held.partial.bind(held),
      combined: held.combined,
    }),
  )
  expect(told).toEqual([3, 'prepare'])
  await checker.release()
  expect(await run).toMatchObject({ outcome: 'batch' })
})
