import { blockHeight, p2wpkhScript, satPerKWeight, satoshi } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import { checkSignatures } from '../outside/scripts.ts'
import type { SimTrader } from '../simTrader.ts'
import { everyoneSubscribed } from '../words/market.ts'
import { World } from '../world.ts'
import type { Past } from '../world.ts'

/** The accounts a world begins with, one for each version named, all of one trader. */
export interface AccountCast {
  readonly versions: readonly AccountVersion[]
  /** They expire within a few blocks. */
  readonly expiring: boolean
}

export const TRADER = 'alice'
/** Where withdrawals go that leave the market. Nobody here has its key. */
export const OUTSIDE = p2wpkhScript(Uint8Array.of(2, ...new Uint8Array(32).fill(9)))
export const ACCOUNT_SAT = 5_000_000
/** Confirmations that an account of any size waits for. */
export const DEEP = 6
const MASTER_SAT = 5_000_000n
const LONG = 5000
const SHORT = 150
/** Blocks that are left of a short account's life when its world begins. */
export const BLOCKS_LEFT = 5

const pasts = new Map<string, Promise<Past>>()

/** A world with open accounts; its past is made once for each cast. */
export async function accountWorld(cast: AccountCast, seed: string, interpreted = false): Promise<World> {
  const name = JSON.stringify(cast)
  const past = pasts.get(name) ?? makePast(cast)
  pasts.set(name, past)
  const world = World.from(await past, { seed, ...(interpreted ? {} : { checkScripts: checkSignatures }) })
  world.boot()
  await everyoneSubscribed(world)
  return world
}

async function makePast({ versions, expiring }: AccountCast): Promise<Past> {
  const world = World.fresh({ seed: 'past', checkScripts: checkSignatures }, [TRADER])
  world.boot()
  const isUp = (): boolean => world.auctioneer.current() !== undefined && aliceOf(world).current() !== undefined
  await world.until('everyone is up', isUp)
  await world.finish(world.auctioneer.auctioneer.master.init(MASTER_SAT, undefined))
  const expiry = blockHeight(world.stage.chain.height + (expiring ? SHORT : LONG))
  for (const version of versions) {
    const request = { value: satoshi(ACCOUNT_SAT), expiry, version, feeRate: satPerKWeight(253) }
    await world.finish(aliceOf(world).trader.accounts.open(request))
  }
  await world.mine(DEEP)
  if (expiring) await world.mine(expiry - BLOCKS_LEFT - world.stage.chain.height)
  await everyoneSubscribed(world)
  return world.past()
}

export const aliceOf = (world: World): SimTrader => world.trader(TRADER)

/** Keys of its accounts in order of opening. */
export const keysOf = ({ trader }: SimTrader): readonly AccountKey[] =>
  [...trader.ledger.accounts.values()].toSorted((a, b) => a.keyIndex - b.keyIndex).map(({ key }) => key)
