import { everyoneSubscribed } from '../words/market.ts'
import type { World } from '../world.ts'
import { disagreements } from './accounts.ts'
import { batchFaults } from './batches.ts'
import { leaseFaults } from './leases.ts'
import { leftoverFaults } from './leftovers.ts'
import { orderDisagreements } from './orders.ts'

/** As many as accounts of this size wait for, and one more. */
const BLOCKS = 4
const SETTLING_MS = 90_000

/** Faults stop, everyone connects anew, blocks come until everything is confirmed. */
export async function comeToRest(world: World): Promise<void> {
  stopFaults(world)
  world.boot()
  for (const stream of world.stage.streams) stream.cut()
  await everyoneSubscribed(world)
  await world.until('no auction runs', () => world.auctioneer.auctioneer.executor.stateName === 'idle')
  await world.stage.scheduler.pass(SETTLING_MS)
  await world.mine(BLOCKS)
  await everyoneSubscribed(world)
}

export function stopFaults(world: World): void {
  world.arrives = (_, letter) => ({ letter })
  world.auctioneer.intercept = () => undefined
  world.auctioneer.echoes = () => false
  world.auctioneer.killAt = undefined
  for (const trader of world.traders.values()) {
    trader.intercept = () => undefined
    trader.echoes = () => false
    trader.node.faults.clear()
  }
}

/** Everything wrong with a world at rest. */
export async function faultsAtRest(world: World, allTidy: boolean): Promise<readonly string[]> {
  return [
    ...world.stage.witness.violations,
    ...disagreements(world),
    ...(await orderDisagreements(world)),
    ...(await leaseFaults(world)),
    ...(await batchFaults(world)),
    ...(await leftoverFaults(world, allTidy)),
  ]
}
