import type { OrderNonce } from '@tidepool/crypto'
import type { OrderState } from '@tidepool/market'
import { checkSignatures } from '../outside/scripts.ts'
import { AUCTIONEER_OPTIONS } from '../simAuctioneer.ts'
import type { World } from '../world.ts'
import { openMarket } from './market.ts'
import { ask, bid } from './orders.ts'

/** Bob's account ends soon. */
const CAST = [
  { name: 'alice', versions: [2] },
  { name: 'bob', versions: [1], blocks: 200 },
] as const
const TO_EXPIRY = 200

export interface Reached {
  readonly world: World
  readonly nonce: OrderNonce
}

export function twoTraders(seed: string): Promise<World> {
  const caps = { ...AUCTIONEER_OPTIONS.caps, ordersPerAccount: 1 }
  return openMarket(CAST, { seed, checkScripts: checkSignatures, auctioneer: { caps } })
}

/** Alice's ask of ten units, of which bob takes so many. */
async function filledBy(seed: string, units: number): Promise<Reached> {
  const world = await twoTraders(seed)
  const [alice, bob] = [world.trader('alice'), world.trader('bob')]
  const { nonce } = await world.finish(alice.trader.orders.submit(ask(alice, 10), 'sim'))
  await world.finish(bob.trader.orders.submit(bid(bob, units), 'sim'))
  await world.auction()
  await world.stage.scheduler.drain()
  return { world, nonce }
}

async function resting(seed: string): Promise<Reached> {
  const world = await twoTraders(seed)
  const bob = world.trader('bob')
  const { nonce } = await world.finish(bob.trader.orders.submit(bid(bob, 3), 'sim'))
  return { world, nonce }
}

async function canceled(seed: string): Promise<Reached> {
  const { world, nonce } = await resting(seed)
  await world.finish(world.trader('bob').trader.orders.cancel(nonce))
  return { world, nonce }
}

async function expired(seed: string): Promise<Reached> {
  const { world, nonce } = await resting(seed)
  await world.mine(TO_EXPIRY)
  return { world, nonce }
}

/** Its account may have one order only, and has it. */
async function refused(seed: string): Promise<Reached> {
  const { world } = await resting(seed)
  const bob = world.trader('bob')
  const { nonce } = await world.finish(bob.trader.orders.submit(bid(bob, 3), 'sim'))
  return { world, nonce }
}

/** One way into every state that an order can be in. */
export const ENDS: readonly (readonly [OrderState, (seed: string) => Promise<Reached>])[] = [
  ['submitted', resting],
  ['partiallyFilled', (seed) => filledBy(seed, 6)],
  ['executed', (seed) => filledBy(seed, 10)],
  ['canceled', canceled],
  ['expired', expired],
  ['failed', refused],
]
