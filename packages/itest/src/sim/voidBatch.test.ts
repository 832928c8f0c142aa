import { describe, expect, it } from 'vitest'
import { isFunded } from '@tidepool/trader'
import { comeToRest } from './checks/atRest.ts'
import { leftoverFaults } from './checks/leftovers.ts'
import { orderDisagreements } from './checks/orders.ts'
import { restart } from './faults/inject.ts'
import { confirmInstead, otherSpend } from './words/doubleSpend.ts'
import { everyoneSubscribed } from './words/market.ts'
import { ask, bid } from './words/orders.ts'
import { threeTraders } from './words/threeTraders.ts'
import type { World } from './world.ts'

/** Whose account is spent otherwise: who leased out to the others. */
const THIEF = 'alice'
const OTHERS = ['bob', 'carol'] as const
const BLOCKS = 8

/** Blocks until the conflict is deep and everybody has seen it, and a while for whoever is down. */
async function blocks(world: World): Promise<void> {
  for (let i = 0; i < BLOCKS; i++) {
    await world.mine(1)
    await world.stage.scheduler.pass(20_000)
  }
}

const accountOf = (world: World, name: string) => {
  const { trader, key } = world.trader(name)
  const account = trader.ledger.accounts.get(key)
  if (account === undefined || !isFunded(account)) throw new Error(`${name} has no account`)
  return account
}

const valuesOf = (world: World): readonly bigint[] => OTHERS.map((name) => accountOf(world, name).value)

/** The batch is undone everywhere, and the two who are left trade with each other. */
async function isUndone(world: World, before: readonly bigint[], batches: readonly string[]): Promise<void> {
  expect(world.stage.witness.violations, world.story()).toEqual([])
  expect(
    OTHERS.map((name) => accountOf(world, name).kind),
    world.story(),
  ).toEqual(['open', 'open'])
  expect(valuesOf(world)).toEqual(before)
  const differing = (await orderDisagreements(world)).filter((text) => !text.startsWith(THIEF))
  expect(differing).toEqual([])
  for (const name of OTHERS) {
    const { trader, node } = world.trader(name)
    expect(trader.ledger.batches.size).toBe(0)
    expect(trader.ledger.undos.size).toBe(0)
    if (batches.length > 0) expect([...node.shims.keys()]).toEqual([])
  }
  const states = (await world.auctioneer.auctioneer.ledger.store.batches(9, 9)).map(({ state }) => state)
  expect(states).toEqual(batches)
  expect(await leftoverFaults(world, false)).toEqual([])
  const [bob, carol] = [world.trader('bob'), world.trader('carol')]
  const asked = await world.finish(bob.trader.orders.submit(ask(bob, 2), 'sim'))
  const bade = await world.finish(carol.trader.orders.submit(bid(carol, 2), 'sim'))
  expect([asked.kind, bade.kind]).toEqual(['accepted', 'accepted'])
  expect((await world.auction())?.outcome).toBe('batch')
  await blocks(world)
  const left = (await leftoverFaults(world, true)).filter((fault) => !fault.startsWith(THIEF))
  expect(left, world.story()).toEqual([])
}

type Trouble = (world: World, conflict: () => void) => Promise<void>

async function undoneBy(seed: string, trouble: Trouble, batches: readonly string[] = ['void']): Promise<void> {
  const world = await threeTraders(seed)
  const before = valuesOf(world)
  const other = otherSpend(world, THIEF)
  await trouble(world, () => confirmInstead(world, other))
  await blocks(world)
  world.boot()
  await everyoneSubscribed(world)
  await isUndone(world, before, batches)
}

async function batch(world: World): Promise<void> {
  expect((await world.auction())?.outcome).toBe('batch')
  await world.stage.scheduler.drain()
}

async function during(world: World, isStruck: () => boolean): Promise<void> {
  const run = world.auctioneer.auctioneer.auction.runNow().catch(() => undefined)
  await world.until('the conflict', isStruck)
  await blocks(world)
  await world.finish(run)
}

describe('a batch whose input is spent by something else for good', () => {
  it('after everyone has it', async () => {
    await undoneBy('after', async (world, conflict) => {
      await batch(world)
      conflict()
    })
  })

  it('after it was in a block', async () => {
    await undoneBy('confirmed', async (world, conflict) => {
      await batch(world)
      await world.mine(2)
      conflict()
    })
  })

  it('while the traders are down', async () => {
    await undoneBy('traders down', async (world, conflict) => {
      await batch(world)
      for (const trader of world.traders.values()) trader.kill()
      conflict()
      await world.mine(4)
      world.boot()
    })
  })

  it('while the auctioneer is down, and then comes back', async () => {
    await undoneBy('auctioneer down', async (world, conflict) => {
      await batch(world)
      world.auctioneer.kill()
      conflict()
      await world.mine(4)
      world.boot()
    })
  })

  it('when it is stored, before it is published', async () => {
    await undoneBy('published too late', async (world, conflict) => {
      let struck = false
      world.auctioneer.intercept = (what) => {
        if (!struck && what === 'publish') conflict()
        struck ||= what === 'publish'
        return undefined
      }
      await during(world, () => struck)
    })
  })

  it.each(['accept', 'signBegin', 'sign'] as const)('in the middle of it, at %s', async (step) => {
    const trouble: Trouble = async (world, conflict) => {
      let struck = false
      world.arrives = (_, letter) => {
        if (struck || letter.message.kind !== step) return { letter }
        struck = true
        return { letter, before: conflict }
      }
      await during(world, () => struck)
    }
    await undoneBy(`middle ${step}`, trouble, [])
  })

  it('with a restart of everybody just after the undoing', async () => {
    await undoneBy('restarts', async (world, conflict) => {
      await batch(world)
      conflict()
      await blocks(world)
      restart(world, world.auctioneer)
      for (const trader of world.traders.values()) restart(world, trader)
      await comeToRest(world)
    })
  })
})
