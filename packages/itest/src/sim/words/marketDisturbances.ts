import { restart } from '../faults/inject.ts'
import type { Random } from '../kernel/random.ts'
import type { World } from '../world.ts'

type Disturbance = readonly [name: string, run: (world: World, random: Random) => Promise<void>]

const DAY_MS = 86_400_000

/** What the chain and the machines do between auctions. */
const DISTURBANCES: readonly Disturbance[] = [
  ['nothing', () => Promise.resolve()],
  ['blocks', (world, random) => world.mine(random.between(1, 4))],
  ['reorganised, kept', (world, random) => reorganised(world, random, false)],
  ['reorganised, dropped', (world, random) => reorganised(world, random, true)],
  ['evicted', evicted],
  ['everything restarted', restarted],
  ['blocks while a trader is down', whileDown],
  ['clocks set', clocksSet],
  ['time', (world, random) => world.stage.scheduler.pass(random.pick([1000, 70_000]))],
]

/** One of them; its name. */
export async function disturbMarket(world: World, random: Random): Promise<string> {
  const [name, run] = DISTURBANCES[random.below(DISTURBANCES.length)] ?? ['nothing', () => Promise.resolve()]
  await run(world, random)
  return name
}

/** The newest blocks give way to others; what was in them waits again, or is forgotten. */
async function reorganised(world: World, random: Random, dropped: boolean): Promise<void> {
  const { chain } = world.stage
  await world.mine(random.between(1, 4))
  const depth = random.between(1, 4)
  const undone = Array.from({ length: depth }, (_, i) => chain.blockAt(chain.height - i)).flatMap((block) =>
    (block?.transactions ?? []).filter((tx) => !tx.isCoinbase()).map((tx) => tx.getId()),
  )
  chain.reorg(depth, { empty: true })
  if (dropped) for (const txid of undone) chain.mempool.removeWithDescendants(txid)
  await world.stage.scheduler.drain()
  if (random.chance(50)) await world.mine(1)
}

async function evicted(world: World): Promise<void> {
  world.stage.chain.evict()
  await world.stage.scheduler.drain()
}

async function restarted(world: World, random: Random): Promise<void> {
  restart(world, world.auctioneer)
  for (const trader of world.traders.values()) if (random.chance(70)) restart(world, trader)
  await world.stage.scheduler.pass(5000)
}

async function whileDown(world: World, random: Random): Promise<void> {
  const traders = [...world.traders.values()]
  const trader = traders[random.below(traders.length)]
  trader?.kill()
  await world.mine(random.between(1, 4))
  trader?.boot()
  await world.stage.scheduler.drain()
}

async function clocksSet(world: World, random: Random): Promise<void> {
  for (const name of ['auctioneer', ...world.traders.keys()]) {
    world.stage.clocks.jump(name, random.pick([-DAY_MS, -60_000, 0, 60_000, DAY_MS]))
  }
  await world.stage.scheduler.drain()
}
