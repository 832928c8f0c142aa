import { restart } from '../faults/inject.ts'
import type { Random } from '../kernel/random.ts'
import type { World } from '../world.ts'
import { PROCESSES, faultOf, processOf } from './strikes.ts'
import type { Trouble } from './strikes.ts'

const MOST_CALLS = 14
const DELAYS_MS = [500, 20_000, 40_000] as const

/** Something that goes wrong within the next calls or messages; its name. */
export function armFault(world: World, random: Random): string {
  return random.chance(67) ? armCall(world, random) : armMessage(world, random)
}

function armCall(world: World, random: Random): string {
  const name = random.pick([PROCESSES[0], PROCESSES[1]])
  const process = processOf(world, name)
  const trouble = random.pick<Trouble | 'killed before'>([
    'killed after',
    'killed after',
    'killed before',
    'refused',
    'answer lost',
    'twice',
  ])
  let left = random.between(1, MOST_CALLS)
  const kills = trouble === 'killed after' || trouble === 'killed before'
  const isMeant = (what: string): boolean =>
    kills || (trouble === 'refused' ? !what.startsWith('commit') : what.startsWith('asks'))
  process.intercept = (what) => {
    if (left <= 0 || !isMeant(what)) return undefined
    left -= 1
    if (left !== 0) return undefined
    if (kills) queueMicrotask(() => restart(world, process))
    return trouble === 'killed before' ? 'killBefore' : faultOf(trouble)
  }
  return `${name} ${trouble}`
}

function armMessage(world: World, random: Random): string {
  const what = random.pick<'lost' | 'delayed' | 'cut'>(['lost', 'delayed', 'cut'])
  let left = random.between(1, 4)
  const delayMs = random.pick(DELAYS_MS)
  world.arrives = (_, letter, stream) => {
    left -= 1
    if (left !== 0) return { letter }
    if (what === 'lost') return { letter: undefined }
    return what === 'delayed' ? { letter, delayMs } : { letter, before: () => stream.cut() }
  }
  if (random.chance(60)) for (const stream of world.stage.streams) stream.cut()
  return `message ${what}`
}
