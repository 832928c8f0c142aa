import { StartupError } from '@tidepool/trader'
import { restart } from '../faults/inject.ts'
import type { CallFault } from '../kernel/life.ts'
import { simSize } from '../kernel/size.ts'
import type { World } from '../world.ts'
import { TRADER } from './accountWorld.ts'
import type { Story } from './story.ts'
import { begin, endsWell, tell } from './story.ts'
import type { Tally } from '../kernel/tally.ts'

export const PROCESSES = [TRADER, 'auctioneer'] as const
export type ProcessName = (typeof PROCESSES)[number]

/** What goes wrong at one call. */
export type Trouble = 'killed after' | 'refused' | 'answer lost' | 'twice'

/** One thing that goes wrong in a story, and when. */
export interface Strike {
  readonly story: Story
  readonly process: ProcessName
  /** From 1. */
  readonly call: number
  /** What the call is. */
  readonly what: string
  readonly trouble: Trouble
}

const nameOfStrike = ({ story, process, call, what, trouble }: Strike): string =>
  `${story.name}; ${process}'s call ${call} (${what}) ${trouble}`

export const processOf = (world: World, name: ProcessName) =>
  name === 'auctioneer' ? world.auctioneer : world.trader(name)

/** What a process does outside itself while the story is told undisturbed, in order. */
async function callsOf(story: Story, process: ProcessName, early: boolean): Promise<readonly string[]> {
  const scene = await begin(story, story.name)
  const calls: string[] = []
  processOf(scene.world, process).intercept = (what) => {
    calls.push(what)
    return undefined
  }
  await tell(scene, story, early)
  return calls
}

/** Blocks come early after every second call, later after the others. */
const isEarly = (call: number): boolean => call % 2 === 0

/** Everything that can go wrong at the calls of a process in a story. */
async function strikesOf(story: Story, process: ProcessName): Promise<readonly Strike[]> {
  const numbered = (calls: readonly string[], early: boolean) =>
    calls.map((what, i) => ({ what, call: i + 1 })).filter(({ call }) => isEarly(call) === early)
  const all = [
    ...numbered(await callsOf(story, process, true), true),
    ...numbered(await callsOf(story, process, false), false),
  ]
  const calls = simSize().everyCall ? all : all.filter((one, i) => isWorthwhile(all, one.what, i))
  return calls.flatMap(({ what, call }) => troublesOf(what).map((trouble) => ({ story, process, call, what, trouble })))
}

/** What changes something outside for good: stored, signed, sent or promised. */
const LASTING = /^(commit|asks (reserve|init|modify)|publish|sendOutput|sign(MuSig2|Ecdsa|Leaf|Coins|$)|bumpFee)/

/** Troubles that a call of this name can meet. A store that cannot write is another matter: daemons end themselves. */
function troublesOf(what: string): readonly Trouble[] {
  if (what.startsWith('commit')) return ['killed after']
  if (what.startsWith('asks')) return ['killed after', 'refused', 'answer lost', 'twice']
  return ['killed after', 'refused']
}

export function faultOf(trouble: Trouble): CallFault {
  switch (trouble) {
    case 'killed after':
      return 'killAfter'
    case 'twice':
      return 'twice'
    case 'refused':
      return unreachable()
    case 'answer lost':
      return { answerLost: unreachable() }
    default:
      return trouble satisfies never
  }
}

const unreachable = (): StartupError =>
  new StartupError({ code: 'AUCTIONEER_UNREACHABLE', server: 'sim', reason: 'not now' }, 'not now')

/** Every step that is stored; of other lasting calls the first, for publishing comes back with every block. */
function isWorthwhile(calls: readonly { readonly what: string }[], what: string, at: number): boolean {
  if (what.startsWith('commit')) return true
  return LASTING.test(what) && calls.findIndex((one) => one.what === what) === at
}

/** Each of them, one by one. @throws with those that did not end well */
export async function strikeAll(story: Story, process: ProcessName, tally: Tally): Promise<void> {
  const failed: string[] = []
  const strikes = await strikesOf(story, process)
  for (const one of strikes) {
    tally.count('changes', story.deed)
    tally.count('troubles', one.trouble)
    tally.count('points', one.what)
    try {
      await strike(one)
    } catch (error) {
      failed.push(`${nameOfStrike(one)}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  if (failed.length > 0) throw new Error(failed.join('\n'))
}

/** The story up to the call, which goes wrong; in the end everything is right. @throws what is not */
async function strike({ story, process, call, trouble }: Strike): Promise<void> {
  const scene = await begin(story, story.name)
  const { world } = scene
  let left = call
  processOf(world, process).intercept = () => {
    left -= 1
    if (left !== 0) return undefined
    if (trouble === 'killed after') queueMicrotask(() => restart(world, processOf(world, process)))
    return faultOf(trouble)
  }
  await tell(scene, story, isEarly(call))
  if (left > 0) throw new Error('the call never came')
  await endsWell(scene, story)
}
