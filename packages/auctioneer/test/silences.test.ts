import { describe, expect, it } from 'vitest'
import { DEAD_STREAM_MS } from '../src/core/deadStreams.ts'
import type { RunRecord } from '../src/core/records.ts'
import { FIRST_LEAVE_MS } from '../src/core/silence.ts'
import { settle } from './fakeWorld.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'
import { World } from './world.ts'

const STEP_MS = 30_000

/** alice leases out; bob and mallory want more than a batch of the others takes. */
async function market() {
  const world = await World.start({ intervalMs: 0 })
  await world.fundMaster()
  const [alice, bob, mallory] = await world.openTraders(['alice', 2], ['bob', 1], ['mallory', 2])
  if (alice === undefined || bob === undefined || mallory === undefined) throw new Error('traders are missing')
  await alice.submit(alice.ask(30))
  await mallory.submit(mallory.bid(2))
  const silences = () => world.auctioneer.silences.list().map(({ silence, isLeftOut }) => ({ ...silence, isLeftOut }))
  return { world, alice, bob, mallory, silences }
}

/** An auction that bob's new order takes part in, with the time that a silent trader costs it. */
async function auction(world: World, bob: ScriptedTrader): Promise<RunRecord> {
  await world.mine(6)
  await bob.submit(bob.bid(1))
  const run = world.auction()
  await settle()
  world.clock.advance(STEP_MS)
  await settle()
  return run
}

async function pass(world: World, ms: number): Promise<void> {
  world.clock.advance(ms)
  await settle()
}

const fillsOf = (run: RunRecord, trader: ScriptedTrader): boolean =>
  run.attempts.some(({ failures }) => failures.some(({ accounts }) => accounts.includes(trader.key)))

describe('a connected trader that does not answer', () => {
  it('is left out longer each time, also after a restart, until it completes a batch', async () => {
    const { world, bob, mallory, silences } = await market()
    mallory.script.onPrepare = () => 'silent'
    expect(await auction(world, bob)).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'prepare' }, {}] })
    await pass(world, DEAD_STREAM_MS)
    expect(silences()).toMatchObject([{ key: mallory.key, times: 1, step: 'prepare', isLeftOut: false }])
    await mallory.connect()
    expect(fillsOf(await auction(world, bob), mallory)).toBe(true)
    await pass(world, DEAD_STREAM_MS)
    expect(silences()).toMatchObject([{ times: 2, isLeftOut: true }])

    world.crash()
    await world.boot()
    for (const trader of world.traders.values()) await trader.connect()
    const without = await auction(world, bob)
    expect(without.attempts).toHaveLength(1)
    expect([...without.resting.values()]).toEqual(['traderSilent'])
    await pass(world, FIRST_LEAVE_MS)
    expect(silences()).toMatchObject([{ times: 2, isLeftOut: false }])

    mallory.script.onPrepare = () => 'accept'
    expect(await auction(world, bob)).toMatchObject({ outcome: 'batch', resting: new Map() })
    expect(mallory.received.at(-1)?.kind).toBe('finalize')
    expect(silences()).toEqual([])
  })

  it('is forgiven by the operator', async () => {
    const { world, bob, mallory, silences } = await market()
    mallory.script.onSign = () => 'silent'
    for (let i = 0; i < 2; i++) {
      await auction(world, bob)
      await pass(world, DEAD_STREAM_MS)
      await mallory.connect()
    }
    expect(silences()).toMatchObject([{ times: 2, step: 'sign', isLeftOut: true }])
    await world.auctioneer.silences.forgive(mallory.key)
    expect(silences()).toEqual([])
    mallory.script.onSign = (reply) => reply
    expect(await auction(world, bob)).toMatchObject({ outcome: 'batch', resting: new Map() })
    await expect(world.auctioneer.silences.forgive(mallory.key)).rejects.toMatchObject({ code: 'SILENCE_NOT_FOUND' })
  })

  it('whose connection turns out to be dead was offline, not silent', async () => {
    const { world, bob, mallory, silences } = await market()
    mallory.script.onPrepare = () => 'silent'
    for (let i = 0; i < 3; i++) {
      expect(fillsOf(await auction(world, bob), mallory)).toBe(true)
      mallory.disconnect()
      await pass(world, DEAD_STREAM_MS)
      await mallory.connect()
    }
    expect(silences()).toEqual([])
  })

  it('is not blamed when nobody answers', async () => {
    const { world, alice, bob, mallory, silences } = await market()
    for (const trader of [alice, bob, mallory]) trader.script.onPrepare = () => 'silent'
    expect(await auction(world, bob)).toMatchObject({ outcome: 'nothingToMatch' })
    await pass(world, DEAD_STREAM_MS)
    expect(silences()).toEqual([])
  })

  it('and answers late, but signs the next batch soon, is forgiven', async () => {
    const { world, bob, mallory, silences } = await market()
    let late: (() => Promise<void> | undefined) | undefined
    mallory.script.onPrepare = ({ batchId }) => {
      late = () => mallory.session?.receive({ kind: 'accept', batchId })
      return 'silent'
    }
    await auction(world, bob)
    await late?.()
    mallory.script.onPrepare = () => 'accept'
    expect(await auction(world, bob)).toMatchObject({ outcome: 'batch', resting: new Map() })
    await pass(world, DEAD_STREAM_MS)
    expect(silences()).toEqual([])
  })
})

describe('a trader left out of a run', () => {
  it.each(['full reject', 'stream cut'] as const)('by a %s does not come back in it on a new stream', async (how) => {
    const { world, bob, mallory } = await market()
    let asked = 0
    mallory.script.onPrepare = ({ batchId }) => {
      asked += 1
      if (asked > 20) throw new Error('the run does not end')
      queueMicrotask(() => void mallory.connect())
      return how === 'stream cut' ? 'drop' : { batchId, code: 'unknown', reason: 'no', rejectedOrders: new Map() }
    }
    expect(await auction(world, bob)).toMatchObject({ outcome: 'batch', attempts: [{}, { endedIn: 'done' }] })
    expect(asked).toBe(1)
  })
})
