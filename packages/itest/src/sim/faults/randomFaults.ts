import type { CallFault } from '../kernel/life.ts'
import type { Random } from '../kernel/random.ts'
import type { NodeFault } from '../outside/lightning.ts'
import type { World } from '../world.ts'
import { BAD_NONCES, BAD_SIGNS } from './badSigns.ts'
import { STEPS } from './fault.ts'
import type { Deed, MessageFault, Step, When } from './fault.ts'
import { inject, restart } from './inject.ts'
import { LIES, LYING_NONCES, LYING_REQUESTS } from './lies.ts'
import { rejects } from './rejects.ts'

const NODE_FAULTS = ['offline', 'refusesShims', 'refusesToOpen', 'stallsOpening', 'tellsWrongBackup'] as const
const MOST_CALLS = 40

/** Arms up to a handful of faults for the next auction. */
export function armRandomFaults(world: World, random: Random): void {
  const traders = [...world.traders.values()]
  const anyTrader = () => traders[random.below(traders.length)]
  const messages = Array.from({ length: random.between(1, 4) }, () =>
    messageFault(world, random, anyTrader()?.name ?? ''),
  )
  inject(world, messages)
  for (const process of random.chance(30) ? [anyTrader(), world.auctioneer] : []) {
    if (process === undefined || random.chance(50)) continue
    let left = random.between(1, MOST_CALLS)
    const fault = random.pick<CallFault>(['killBefore', 'killAfter', new Error('not now')])
    process.intercept = (what) => {
      left -= 1
      // A store that cannot write is another matter: the daemons end themselves.
      if (left !== 0 || (fault instanceof Error && what.startsWith('commit'))) return undefined
      if (!(fault instanceof Error)) queueMicrotask(() => restart(world, process))
      return fault
    }
  }
  if (random.chance(10)) world.auctioneer.killAt = random.pick(['before-commit', 'after-commit'])
  if (random.chance(15)) anyTrader()?.node.faults.add(random.pick<NodeFault>(NODE_FAULTS))
}

function messageFault(world: World, random: Random, trader: string): MessageFault {
  const step = random.pick(STEPS)
  const own = contents(world, step)
  const deeds = random.chance(40) && own.length > 0 ? own : anywhere(random)
  const deed = deeds[random.below(deeds.length)] ?? { kind: 'lose' }
  return { trader, step, deed }
}

function anywhere(random: Random): readonly Deed[] {
  const when = random.pick<When>(['before', 'after'])
  return [
    { kind: 'cut', when },
    { kind: 'lose' },
    { kind: 'delay', ms: random.pick([1000, 12_000, 20_000, 40_000]) },
    { kind: 'restartTrader', when },
    { kind: 'restartAuctioneer', when },
    { kind: 'mine', when, blocks: random.between(1, 2) },
  ]
}

/** What may be wrong with the message itself. */
function contents(world: World, step: Step): readonly Deed[] {
  const orders = () =>
    [...world.traders.values()].flatMap((trader) => [...(trader.current()?.ledger.orders.keys() ?? [])])
  switch (step) {
    case 'prepare':
      return LIES
    case 'signBegin':
      return [...LYING_REQUESTS, ...LYING_NONCES]
    case 'accept':
      return rejects(orders)
    case 'sign':
      return [...rejects(orders), ...BAD_SIGNS, ...BAD_NONCES]
    case 'finalize':
      return []
  }
}
