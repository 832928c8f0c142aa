import type { AccountVersion } from '@tidepool/market'
import { satPerKWeight } from '@tidepool/crypto'
import { comeToRest, faultsAtRest, stopFaults } from '../checks/atRest.ts'
import { satoshis } from '../checks/batches.ts'
import { armRandomFaults } from '../faults/randomFaults.ts'
import { Random } from '../kernel/random.ts'
import type { Tally } from '../kernel/tally.ts'
import { checkSignatures } from '../outside/scripts.ts'
import type { World } from '../world.ts'
import { everyoneSubscribed, openMarket } from './market.ts'
import type { TraderSpec } from './market.ts'
import { disturbMarket } from './marketDisturbances.ts'
import { submitRandomOrders } from './randomOrders.ts'
import { goesOn } from './randomRun.ts'

const trader = (name: string, versions: readonly AccountVersion[], blocks = 5000): TraderSpec => ({
  name,
  versions,
  blocks,
})

/** Small markets, one of them with accounts that every batch extends and upgrades. */
const CASTS: readonly (readonly TraderSpec[])[] = [
  [trader('alice', [0]), trader('bob', [2])],
  [trader('alice', [2]), trader('bob', [1])],
  [trader('alice', [2]), trader('bob', [2]), trader('carol', [2])],
  [trader('alice', [0]), trader('bob', [1]), trader('carol', [2])],
  [trader('alice', [1, 2]), trader('bob', [2, 0])],
  [trader('alice', [0], 2500), trader('bob', [1], 2500), trader('carol', [2], 2500)],
]
const EXTENDED = CASTS.length - 1
/** Every so many schedules have their scripts run by the interpreter. */
const INTERPRETED = 100

/** One to three auctions of a random book with faults in them and around them. @throws what is wrong in the end */
export async function batchSchedule(number: number, tally: Tally): Promise<World> {
  const seed = `batches ${number}`
  const random = new Random(`${seed}/script`)
  const cast = random.below(CASTS.length)
  const world = await openMarket(CASTS[cast] ?? [], {
    seed,
    ...(number % INTERPRETED === 0 ? {} : { checkScripts: checkSignatures }),
    auctioneer: cast === EXTENDED ? { upgradeTo: 2 } : {},
  })
  const before = await satoshis(world)
  for (let left = random.pick([1, 1, 2, 3]); left > 0; left--) await round(world, random, tally)
  await endsWell(world, before)
  if (random.chance(25)) {
    await goesOn(world)
    await endsWell(world, before)
  }
  return world
}

async function round(world: World, random: Random, tally: Tally): Promise<void> {
  stopFaults(world)
  world.boot()
  await everyoneSubscribed(world)
  world.stage.market.feeRate = satPerKWeight(random.pick([253, 253, 2500]))
  await submitRandomOrders(world, random)
  for (const fault of armRandomFaults(world, random, random.pick([0, 1, 1, 2]))) tally.count('faults', fault)
  const ended = await world.auction()
  tally.count('auctions', ended?.outcome ?? 'killed')
  tally.count('attempts', String(ended?.attempts.length ?? 'killed'))
  await world.stage.scheduler.drain()
  tally.count('disturbances', await disturbMarket(world, random))
}

async function endsWell(world: World, before: bigint): Promise<void> {
  await comeToRest(world)
  const now = await satoshis(world)
  const faults = await faultsAtRest(world, false)
  const all = now === before ? faults : [...faults, `${now - before} sat more than there were`]
  if (all.length > 0) throw new Error(`${all.join('\n')}\n  ${world.story()}`)
}
