import type { CallFault } from '../kernel/life.ts'
import type { Random } from '../kernel/random.ts'
import type { NodeFault } from '../outside/lightning.ts'
import type { SimAuctioneer } from '../simAuctioneer.ts'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'
import { BAD_NONCES, BAD_SIGNS } from './badSigns.ts'
import { STEPS } from './fault.ts'
import type { Deed, MessageFault, Step, When } from './fault.ts'
import { inject, restart } from './inject.ts'
import { LIES, LYING_NONCES, LYING_REQUESTS } from './lies.ts'
import { rejects } from './rejects.ts'

const NODE_FAULTS = ['offline', 'refusesShims', 'refusesToOpen', 'stallsOpening', 'tellsWrongBackup'] as const
const MOST_CALLS = 40

/** Arms up to a handful of faults for the next auction, so many of them at messages; their kinds. */
export function armRandomFaults(world: World, random: Random, atMessages: number): readonly string[] {
  const kinds: string[] = []
  const traders = [...world.traders.values()]
  const anyTrader = () => traders[random.below(traders.length)]
  const messages = Array.from({ length: atMessages }, () => messageFault(world, random, anyTrader()?.name ?? ''))
  inject(world, messages)
  kinds.push(...messages.map(({ deed }) => (deed.kind === 'change' ? 'message changed' : `message ${deed.kind}`)))
  for (const process of random.chance(40) ? [anyTrader(), world.auctioneer] : []) {
    if (process !== undefined && random.chance(50)) kinds.push(`call ${armCall(world, process, random)}`)
  }
  if (random.chance(15)) {
    const process = random.chance(50) ? world.auctioneer : anyTrader()
    const every = random.between(1, 4)
    let heard = 0
    kinds.push('events twice')
    if (process !== undefined) process.echoes = () => (heard += 1) % every === 0
  }
  if (random.chance(10)) {
    world.auctioneer.killAt = random.pick(['before-commit', 'after-commit'])
    kinds.push(`killed ${world.auctioneer.killAt}`)
  }
  if (random.chance(15)) {
    const fault = random.pick<NodeFault>(NODE_FAULTS)
    anyTrader()?.node.faults.add(fault)
    kinds.push(`node ${fault}`)
  }
  return kinds
}

const CALL_FAULTS = ['killBefore', 'killAfter', 'refused', 'answer lost', 'twice'] as const
/** What nodes and auctioneers may do twice over and be the same. */
const REPEATABLE = /^(publish|cancelShim|abandonChannel|connectPeer|asks)/

/** One of the next things a process does outside itself goes wrong. */
function armCall(world: World, process: SimAuctioneer | SimTrader, random: Random): string {
  const trouble = random.pick(CALL_FAULTS)
  const kills = trouble === 'killBefore' || trouble === 'killAfter'
  let left = random.between(1, trouble === 'twice' ? 4 : MOST_CALLS)
  process.intercept = (what) => {
    // A store that cannot write is another matter: the daemons end themselves.
    if (left <= 0 || (!kills && what.startsWith('commit'))) return undefined
    if (trouble === 'twice' && !REPEATABLE.test(what)) return undefined
    left -= 1
    if (left !== 0) return undefined
    if (kills) queueMicrotask(() => restart(world, process))
    return faultOf(trouble)
  }
  return trouble
}

function faultOf(trouble: (typeof CALL_FAULTS)[number]): CallFault {
  if (trouble === 'refused') return new Error('not now')
  return trouble === 'answer lost' ? { answerLost: new Error('context deadline exceeded') } : trouble
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
    { kind: 'double' },
    { kind: 'delay', ms: random.pick([1000, 12_000, 20_000, 40_000]) },
    { kind: 'restartTrader', when },
    { kind: 'restartAuctioneer', when },
    { kind: 'mine', when, blocks: random.between(1, 2) },
    { kind: 'reorg', when, depth: random.between(1, 3) },
    { kind: 'clocks', when, ms: random.pick([-86_400_000, -60_000, 45_000, 86_400_000]) },
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
