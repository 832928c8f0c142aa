import { satPerKWeight } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { isArchived, ratePpb } from '@tidepool/market'
import { expect } from 'vitest'
import { comeToRest, faultsAtRest, stopFaults } from '../checks/atRest.ts'
import { satoshis } from '../checks/batches.ts'
import { armRandomFaults } from '../faults/randomFaults.ts'
import { Random } from '../kernel/random.ts'
import { checkSignatures } from '../outside/scripts.ts'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'
import { everyoneSubscribed, openMarket } from './market.ts'
import type { TraderSpec } from './market.ts'
import { ask, bid } from './orders.ts'
import { submitRandomOrders } from './randomOrders.ts'

/** Two casts: many accounts of all versions, and some that every batch extends and upgrades. */
const CASTS: readonly (readonly TraderSpec[])[] = [
  [
    { name: 'alice', versions: [0, 2], value: 8_000_000 },
    { name: 'bob', versions: [1] },
    { name: 'carol', versions: [2, 1], value: 3_000_000 },
    { name: 'dave', versions: [0] },
    { name: 'erin', versions: [2], value: 20_000_000 },
  ],
  [
    { name: 'alice', versions: [0], value: 10_000_000, blocks: 2500 },
    { name: 'bob', versions: [1], value: 10_000_000, blocks: 2500 },
    { name: 'carol', versions: [0, 1], blocks: 2500 },
  ],
]

const ROUNDS = 5
/** Longer than any pair or trader is kept out. */
const LAST_AUCTIONS = 5

/** Random books, random faults, several auctions; then everything must be right and the market go on. */
export async function randomRun(number: number): Promise<World> {
  const seed = `random ${number}`
  const random = new Random(`${seed}/script`)
  const world = await openMarket(CASTS[number % 2] ?? [], {
    seed,
    ...(number % 5 === 0 ? {} : { checkScripts: checkSignatures }),
    auctioneer: number % 2 === 0 ? {} : { upgradeTo: 2 },
  })
  const before = await satoshis(world)
  for (let i = 0; i < ROUNDS; i++) await round(world, random)
  await comeToRest(world)
  expect(await faultsAtRest(world, false), world.story()).toEqual([])
  expect(await satoshis(world)).toBe(before)
  await goesOn(world)
  await comeToRest(world)
  expect(await faultsAtRest(world, true), world.story()).toEqual([])
  expect(await satoshis(world)).toBe(before)
  return world
}

async function round(world: World, random: Random): Promise<void> {
  stopFaults(world)
  world.boot()
  if (random.chance(40)) await comeToRest(world)
  else await everyoneSubscribed(world)
  world.stage.market.feeRate = satPerKWeight(random.pick([253, 253, 253, 2500]))
  await submitRandomOrders(world, random)
  armRandomFaults(world, random, random.between(1, 4))
  await world.auction()
  await world.stage.scheduler.drain()
}

/** What the two orders and their fees take at most. */
const ENOUGH_SAT = 300_000n

async function cancelAll(world: World, { ledger, orders }: SimTrader['trader'], key: AccountKey): Promise<void> {
  const open = [...ledger.orders.values()].filter(({ order, state }) => order.accountKey === key && !isArchived(state))
  for (const { order } of open) await world.finish(orders.cancel(order.nonce))
}

/** Of two orders that meet at any price one at least is filled; what is left of the book may take the other's place. */
export async function goesOn(world: World): Promise<void> {
  world.stage.market.feeRate = satPerKWeight(253)
  const [asker, bidder] = [world.trader('alice'), world.trader('bob')]
  const wanted = [ask(asker, 1, { rate: ratePpb(1) }), bid(bidder, 1, { rate: ratePpb(60_000) })]
  const [offer, wish] = wanted
  if (offer === undefined || wish === undefined) return
  // Their accounts may have nothing left to trade with.
  const poor = [asker, bidder].some(({ trader, key }) => (trader.ledger.accounts.get(key)?.value ?? 0n) < ENOUGH_SAT)
  if (poor) return
  for (const { trader, key } of [asker, bidder]) await cancelAll(world, trader, key)
  const asked = await world.finish(asker.trader.orders.submit(offer, 'sim'))
  const bade = await world.finish(bidder.trader.orders.submit(wish, 'sim'))
  expect([asked.kind, bade.kind], world.story()).toEqual(['accepted', 'accepted'])
  const filled = (): boolean =>
    [asked.nonce, bade.nonce].some((nonce) => !world.auctioneer.auctioneer.ledger.openOrders.has(nonce))
  const why: string[] = []
  for (let i = 0; i < LAST_AUCTIONS && !filled(); i++) {
    const run = await world.auction()
    why.push(
      `${run?.outcome}: ${run?.resting.get(asked.nonce) ?? 'ask met'}, ${run?.resting.get(bade.nonce) ?? 'bid met'}`,
    )
  }
  expect(filled(), `${why.join('; ')}\n${world.story()}`).toBe(true)
}
