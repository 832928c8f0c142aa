import { describe, expect, it } from 'vitest'
import { comeToRest, faultsAtRest } from './checks/atRest.ts'
import { satoshis } from './checks/batches.ts'
import { STEPS, nameOf } from './faults/fault.ts'
import type { Deed, MessageFault } from './faults/fault.ts'
import { inject } from './faults/inject.ts'
import { checkSignatures } from './outside/scripts.ts'
import { openMarket } from './words/market.ts'
import { ask, bid } from './words/orders.ts'
import type { World } from './world.ts'

const CAST = [
  { name: 'alice', version: 0 },
  { name: 'bob', version: 1 },
  { name: 'carol', version: 2 },
] as const

const DEEDS: readonly Deed[] = [
  { kind: 'cut', when: 'before' },
  { kind: 'cut', when: 'after' },
  { kind: 'lose' },
  { kind: 'delay', ms: 40_000 },
  { kind: 'restartTrader', when: 'before' },
  { kind: 'restartTrader', when: 'after' },
  { kind: 'restartAuctioneer', when: 'before' },
  { kind: 'restartAuctioneer', when: 'after' },
  { kind: 'mine', when: 'before', blocks: 1 },
]

const FAULTS: readonly MessageFault[] = CAST.flatMap(({ name: trader }) =>
  STEPS.flatMap((step) => DEEDS.map((deed): MessageFault => ({ trader, step, deed }))),
)

/** One ask that meets two bids: everyone is in the batch. */
async function submitOrders(world: World): Promise<void> {
  const [alice, bob, carol] = [world.trader('alice'), world.trader('bob'), world.trader('carol')]
  await world.finish(alice.trader.orders.submit(ask(alice, 10), 'sim'))
  await world.finish(bob.trader.orders.submit(bid(bob, 6), 'sim'))
  await world.finish(carol.trader.orders.submit(bid(carol, 3), 'sim'))
}

describe('one fault in a batch of three', () => {
  it.each(FAULTS.map((fault) => [nameOf(fault), fault] as const))('%s', async (name, fault) => {
    const world = await openMarket(CAST, { seed: name, checkScripts: checkSignatures })
    const before = await satoshis(world)
    await submitOrders(world)
    const left = inject(world, [fault])
    await world.auction()
    expect(left()).toEqual([])
    await comeToRest(world)
    expect(await faultsAtRest(world)).toEqual([])
    expect(await satoshis(world)).toBe(before)
    // Pairs that failed are kept apart for one auction.
    for (let i = 0; i < 3; i++) {
      await world.auction()
      await comeToRest(world)
    }
    expect(await faultsAtRest(world)).toEqual([])
    expect(await satoshis(world)).toBe(before)
    const orders = await world.auctioneer.auctioneer.ledger.store.orders()
    expect(orders.map(({ unitsUnfulfilled }) => unitsUnfulfilled)).toEqual([1, 0, 0])
  })
})
