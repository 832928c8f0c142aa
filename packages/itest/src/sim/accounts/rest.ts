import { formatOutPoint } from '@tidepool/crypto'
import { awaitsChain } from '@tidepool/trader'
import type { TraderAccount } from '@tidepool/trader'
import { stopFaults } from '../checks/atRest.ts'
import { everyoneSubscribed } from '../words/market.ts'
import type { World } from '../world.ts'
import { DEEP, aliceOf } from './accountWorld.ts'
import { carryOut } from './deeds.ts'

/** The longest back-off of either side, and what comes after it. */
const SETTLING_MS = 90_000
/** Blocks after which a signed change that is in none counts as never published, and some. */
const CHANGE_IS_OLD = 145

/** Faults stop, whoever is down starts again, and blocks come. Nobody does anything. */
export async function comeToRest(world: World): Promise<void> {
  stopFaults(world)
  world.boot()
  for (const stream of world.stage.streams) stream.cut()
  await everyoneSubscribed(world)
  await world.stage.scheduler.pass(SETTLING_MS)
  await world.mine(DEEP)
  await everyoneSubscribed(world)
  await recoverOnceMore(world)
}

/** A recovery in the middle of a change may have been told of one that was never published: a day later it is not. */
async function recoverOnceMore(world: World): Promise<void> {
  if (!waitsForNothing(world)) return
  await world.mine(CHANGE_IS_OLD)
  const outcome = await carryOut(world, aliceOf(world), { name: 'recover', key: undefined, version: undefined })
  if (outcome.kind !== 'done') throw new Error(`the second recovery: ${JSON.stringify(outcome)}`)
  await world.mine(DEEP)
  await everyoneSubscribed(world)
}

function waitsForNothing(world: World): boolean {
  const isPhantom = (account: TraderAccount): boolean =>
    awaitsChain(account) &&
    account.change === undefined &&
    account.kind !== 'pendingClosed' &&
    world.stage.chain.unspent(formatOutPoint(account.outpoint)) === undefined
  return [...aliceOf(world).trader.ledger.accounts.values()].some(isPhantom)
}
