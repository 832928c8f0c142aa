import { blockHeight, satPerKWeight, satoshi } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import type { SimTrader } from '../simTrader.ts'
import { World } from '../world.ts'
import type { Past, WorldOptions } from '../world.ts'

export interface TraderSpec {
  readonly name: string
  readonly version: AccountVersion
  readonly value?: number
}

const MASTER_SAT = 5_000_000n
const ACCOUNT_BLOCKS = 5000
const PAST_SEED = 'past'
/** Enough for every account there is. */
const CONFIRMATIONS = 6

const pasts = new Map<string, Promise<Past>>()

/** A world in which everyone named has an open account; its past is made once for each cast. */
export async function openMarket(specs: readonly TraderSpec[], options: WorldOptions): Promise<World> {
  const cast = JSON.stringify(specs)
  const past = pasts.get(cast) ?? openAccounts(specs)
  pasts.set(cast, past)
  const world = World.from(await past, options)
  world.boot()
  await everyoneSubscribed(world)
  return world
}

async function openAccounts(specs: readonly TraderSpec[]): Promise<Past> {
  const world = World.fresh(
    { seed: PAST_SEED },
    specs.map(({ name }) => name),
  )
  world.boot()
  await world.until('everyone is up', () => world.auctioneer.current() !== undefined && tradersUp(world))
  await world.finish(world.auctioneer.auctioneer.master.init(MASTER_SAT, undefined))
  for (const spec of specs) await openAccount(world, world.trader(spec.name), spec)
  await world.mine(CONFIRMATIONS)
  await everyoneSubscribed(world)
  return world.past()
}

async function openAccount(world: World, trader: SimTrader, { version, value }: TraderSpec): Promise<void> {
  const expiry = blockHeight(world.stage.chain.height + ACCOUNT_BLOCKS)
  const request = { value: satoshi(value ?? 5_000_000), expiry, version, feeRate: satPerKWeight(253) }
  await world.finish(trader.trader.accounts.open(request))
}

const tradersUp = (world: World): boolean =>
  [...world.traders.values()].every((trader) => trader.current() !== undefined)

/** Every account that may trade is subscribed, as far as both sides know. */
export async function everyoneSubscribed(world: World): Promise<void> {
  await world.until('everyone is subscribed', () =>
    [...world.traders.values()].every((trader) => isSubscribed(world, trader)),
  )
}

function isSubscribed(world: World, trader: SimTrader): boolean {
  const daemon = trader.current()
  const registry = world.auctioneer.current()?.auctioneer.registry
  if (daemon === undefined || registry === undefined) return false
  return [...daemon.ledger.accounts.values()]
    .filter(({ kind }) => kind === 'open' || kind === 'pendingBatch')
    .every(({ key }) => daemon.session.subscribed.has(key) && registry.sessionOf(key) !== undefined)
}
