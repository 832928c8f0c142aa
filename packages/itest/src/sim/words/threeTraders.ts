import { expect } from 'vitest'
import { comeToRest, faultsAtRest } from '../checks/atRest.ts'
import { satoshis } from '../checks/batches.ts'
import { checkSignatures } from '../outside/scripts.ts'
import type { World } from '../world.ts'
import { openMarket } from './market.ts'
import { ask, bid } from './orders.ts'

/** One account of each version: alice leases out, bob and carol lease in. */
export const CAST = [
  { name: 'alice', versions: [0] },
  { name: 'bob', versions: [1] },
  { name: 'carol', versions: [2] },
] as const

/** Pairs and traders that failed are kept apart for one auction. */
const MORE_AUCTIONS = 4

/** Everyone connected; one ask that meets two bids, so that everyone is in the batch. */
export async function threeTraders(seed: string): Promise<World> {
  const world = await openMarket(CAST, { seed, checkScripts: checkSignatures })
  const [alice, bob, carol] = [world.trader('alice'), world.trader('bob'), world.trader('carol')]
  await world.finish(alice.trader.orders.submit(ask(alice, 10), 'sim'))
  await world.finish(bob.trader.orders.submit(bid(bob, 6), 'sim'))
  await world.finish(carol.trader.orders.submit(bid(carol, 3), 'sim'))
  return world
}

/**
 * Something goes wrong in the auction; afterwards nothing is lost and both sides agree. The auctions after that fill
 * whatever is left and leave nothing behind.
 */
export async function survive(world: World, trouble: () => (() => void) | void): Promise<void> {
  const before = await satoshis(world)
  const check = trouble()
  await world.auction()
  await world.stage.scheduler.drain()
  check?.()
  await comeToRest(world)
  expect(await faultsAtRest(world, false), world.story()).toEqual([])
  expect(await satoshis(world)).toBe(before)
  for (let i = 0; i < MORE_AUCTIONS && !(await isFilled(world)); i++) await world.auction()
  await comeToRest(world)
  expect(await faultsAtRest(world, true), world.story()).toEqual([])
  expect(await isFilled(world), world.story()).toBe(true)
  expect(await satoshis(world)).toBe(before)
}

async function isFilled(world: World): Promise<boolean> {
  const orders = await world.auctioneer.auctioneer.ledger.store.orders()
  return orders.map(({ unitsUnfulfilled }) => unitsUnfulfilled).join(' ') === '1 0 0'
}
