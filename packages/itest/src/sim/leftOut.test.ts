import { describe, expect, it, vi } from 'vitest'
import { DEAD_STREAM_MS } from '@tidepool/auctioneer'
import type { RunRecord } from '@tidepool/auctioneer'
import type * as crypto from '@tidepool/crypto'
import { satPerKWeight } from '@tidepool/crypto'
import { batchVersion } from '@tidepool/market'
import type { BatchProposal } from '@tidepool/market'
import { comeToRest, faultsAtRest, stopFaults } from './checks/atRest.ts'
import { satoshis } from './checks/batches.ts'
import { overTheWire } from './hostile/liar.ts'
import { everyoneSubscribed } from './words/market.ts'
import { threeTraders } from './words/threeTraders.ts'
import { ask, bid } from './words/orders.ts'
import type { World } from './world.ts'

vi.mock('@tidepool/crypto', async (load) => {
  const { remembering } = await import('./kernel/remember.ts')
  return remembering(await load<typeof crypto>())
})

/** Until a stream that is still there was silent and not dead. */
const FIRST_LEAVE_MS = 600_000

/** Orders for one more auction of all three. */
async function moreOrders(world: World): Promise<void> {
  const [alice, bob] = [world.trader('alice'), world.trader('bob')]
  await world.mine(6)
  await everyoneSubscribed(world)
  await world.finish(alice.trader.orders.submit(ask(alice, 4), 'sim'))
  await world.finish(bob.trader.orders.submit(bid(bob, 2), 'sim'))
}

async function auction(world: World): Promise<RunRecord> {
  const record = await world.auction()
  await world.stage.scheduler.drain()
  if (record === undefined) throw new Error(`no auction\n${world.story()}`)
  return record
}

/** Whether carol's order was filled, by the auctioneer's records. */
const carolTraded = (world: World): boolean =>
  [...world.trader('carol').trader.ledger.orders.values()].every(({ state }) => state === 'executed')

async function expectSound(world: World, before: bigint): Promise<void> {
  await comeToRest(world)
  expect(await faultsAtRest(world, true), world.story()).toEqual([])
  expect(await satoshis(world)).toBe(before)
}

/** carol's connection lives, and nothing that she answers to a proposal arrives. */
function hang(world: World): void {
  world.arrives = (name, letter) => ({
    letter: name === 'carol' && letter.message.kind === 'accept' ? undefined : letter,
  })
}

async function reconnect(world: World, name: string): Promise<void> {
  const session = world.auctioneer.auctioneer.registry.sessionOf(world.trader(name).key)
  session?.end('replaced', 'test')
  await world.stage.scheduler.pass(1)
  await everyoneSubscribed(world)
}

describe('a trader that is connected and does not answer', () => {
  it('costs the others one step twice, then none, and is back after a batch', async () => {
    const world = await threeTraders('silent')
    const before = await satoshis(world)
    const carol = world.trader('carol').key
    const record = () => world.auctioneer.auctioneer.ledger.silences.get(carol)
    for (const times of [1, 2]) {
      hang(world)
      const run = await auction(world)
      stopFaults(world)
      expect(run, world.story()).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'prepare' }, {}] })
      expect(run.attempts[0]?.failures).toMatchObject([{ failure: { kind: 'silent' }, accounts: [carol] }])
      await world.stage.scheduler.pass(DEAD_STREAM_MS)
      expect(record()?.times, world.story()).toBe(times)
      await reconnect(world, 'carol')
      await moreOrders(world)
    }
    hang(world)
    const without = await auction(world)
    stopFaults(world)
    expect(without, world.story()).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'done' }] })
    expect([...without.resting.values()]).toContain('traderSilent')

    await world.stage.scheduler.pass(FIRST_LEAVE_MS)
    await moreOrders(world)
    expect(await auction(world)).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'done' }] })
    expect(carolTraded(world), world.story()).toBe(true)
    expect(record()).toBeUndefined()
    await expectSound(world, before)
  })

  it('but whose connection turns out to be dead, over and over, was offline', async () => {
    const world = await threeTraders('offline')
    for (let i = 0; i < 4; i++) {
      hang(world)
      expect(await auction(world)).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'prepare' }, {}] })
      stopFaults(world)
      await reconnect(world, 'carol')
      await world.stage.scheduler.pass(DEAD_STREAM_MS)
      await moreOrders(world)
    }
    expect([...world.auctioneer.auctioneer.ledger.silences]).toEqual([])
    expect(await auction(world)).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'done' }] })
    expect(carolTraded(world), world.story()).toBe(true)
  })
})

/** What carol is told of the next proposal in place of what the others are. */
function tellCarol(world: World, change: (proposal: BatchProposal) => BatchProposal): void {
  world.arrives = (name, letter) => {
    if (name !== 'carol' || letter.message.kind !== 'prepare') return { letter }
    const told = overTheWire({ kind: 'prepare', proposal: change(letter.message.proposal) })
    if (told === undefined) throw new Error('this cannot be told')
    return { letter, instead: [told] }
  }
}

describe('a trader whose own daemon refuses a batch', () => {
  it('for its version is left out until it subscribes anew, and the others trade', async () => {
    const world = await threeTraders('version')
    const before = await satoshis(world)
    tellCarol(world, (proposal) => ({ ...proposal, batchVersion: batchVersion(proposal.batchVersion - 1) }))
    const run = await auction(world)
    expect(run, world.story()).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'prepare' }, {}] })
    expect(run.attempts[0]?.failures).toMatchObject([
      { failure: { kind: 'fullReject', code: 'batchVersionMismatch' }, accounts: [world.trader('carol').key] },
    ])
    stopFaults(world)
    await moreOrders(world)
    expect(await auction(world)).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'done' }] })
    expect(carolTraded(world)).toBe(false)
    await reconnect(world, 'carol')
    await moreOrders(world)
    expect(await auction(world)).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'done' }] })
    expect(carolTraded(world), world.story()).toBe(true)
    await expectSound(world, before)
  })

  it('for a lie in it is left out of that batch alone, with its reason on record', async () => {
    const world = await threeTraders('misbehaviour')
    const before = await satoshis(world)
    tellCarol(world, (proposal) => ({ ...proposal, feeRate: satPerKWeight(proposal.feeRate + 100_000n) }))
    const run = await auction(world)
    expect(run, world.story()).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'prepare' }, {}] })
    const [failed] = run.attempts[0]?.failures ?? []
    expect(failed).toMatchObject({
      failure: { kind: 'fullReject', code: 'serverMisbehavior', reason: expect.stringContaining('fee rate') },
      accounts: [world.trader('carol').key],
    })
    stopFaults(world)
    await moreOrders(world)
    expect(await auction(world)).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'done' }] })
    expect(carolTraded(world), world.story()).toBe(true)
    await expectSound(world, before)
  })
})
