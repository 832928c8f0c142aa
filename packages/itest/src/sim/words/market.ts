import { blockHeight, satPerKWeight, satoshi } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import { checkSignatures } from '../outside/scripts.ts'
import type { SimTrader } from '../simTrader.ts'
import { World } from '../world.ts'
import type { Past, WorldOptions } from '../world.ts'

/** A trader and the versions of its accounts. */
export interface TraderSpec {
  readonly name: string
  readonly versions: readonly AccountVersion[]
  readonly value?: number
  /** Blocks from now to expiry. */
  readonly blocks?: number
}

const MASTER_SAT = 5_000_000n
const PAST_SEED = 'past'
/** Enough for every account there is. */
const CONFIRMATIONS = 6

const pasts = new Map<string, Promise<Past>>()

/** A world in which everyone named has open accounts; its past is made once for each cast. */
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
  const names = specs.map(({ name }) => name)
  const world = World.fresh({ seed: PAST_SEED, checkScripts: checkSignatures }, names)
  world.boot()
  await world.until('everyone is up', () => world.auctioneer.current() !== undefined && tradersUp(world))
  await world.finish(world.auctioneer.auctioneer.master.init(MASTER_SAT, undefined))
  for (const spec of specs) {
    for (const version of spec.versions) await openAccount(world, spec, version)
  }
  await world.mine(CONFIRMATIONS)
  await everyoneSubscribed(world)
  return world.past()
}

async function openAccount(world: World, spec: TraderSpec, version: AccountVersion): Promise<void> {
  const { name, value = 5_000_000, blocks = 5000 } = spec
  const expiry = blockHeight(world.stage.chain.height + blocks)
  const request = { value: satoshi(value), expiry, version, feeRate: satPerKWeight(253) }
  await world.finish(world.trader(name).trader.accounts.open(request))
}

const tradersUp = (world: World): boolean =>
  [...world.traders.values()].every((trader) => trader.current() !== undefined)

/** Every account that may trade is subscribed, as far as both sides know. */
export async function everyoneSubscribed(world: World): Promise<void> {
  const done = (): boolean => [...world.traders.values()].every((trader) => isSubscribed(world, trader))
  await world.until('everyone is subscribed', done)
}

function isSubscribed(world: World, trader: SimTrader): boolean {
  const daemon = trader.current()
  const registry = world.auctioneer.current()?.auctioneer.registry
  if (daemon === undefined || registry === undefined) return false
  return [...daemon.ledger.accounts.values()]
    .filter(({ kind }) => kind === 'open' || kind === 'pendingBatch')
    .every(({ key }) => daemon.session.subscribed.has(key) && registry.sessionOf(key) !== undefined)
}
