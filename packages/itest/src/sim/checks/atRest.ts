import { everyoneSubscribed } from '../words/market.ts'
import type { World } from '../world.ts'
import { disagreements } from './accounts.ts'
import { batchFaults } from './batches.ts'
import { leaseFaults } from './leases.ts'
import { orderDisagreements } from './orders.ts'

/** More than any account waits for. */
const BLOCKS = 8
const SETTLING_MS = 120_000

/** Faults stop, everyone comes back, blocks come until everything is confirmed. */
export async function comeToRest(world: World): Promise<void> {
  world.arrives = (_, letter) => ({ letter })
  world.auctioneer.intercept = () => undefined
  world.auctioneer.killAt = undefined
  for (const trader of world.traders.values()) {
    trader.intercept = () => undefined
    trader.node.faults.clear()
  }
  world.boot()
  await everyoneSubscribed(world)
  await world.until('no auction runs', () => world.auctioneer.auctioneer.executor.stateName === 'idle')
  await world.stage.scheduler.pass(SETTLING_MS)
  await world.mine(BLOCKS)
  await world.stage.scheduler.pass(SETTLING_MS)
  await everyoneSubscribed(world)
}

/** Everything wrong with a world at rest. */
export async function faultsAtRest(world: World): Promise<readonly string[]> {
  return [
    ...world.stage.witness.violations,
    ...disagreements(world),
    ...(await orderDisagreements(world)),
    ...(await leaseFaults(world)),
    ...(await batchFaults(world)),
  ]
}
