import { readFileSync } from 'node:fs'
import type { Moments } from './traders.ts'

/** From when to when each phase of a batch lasted, in Unix milliseconds, in order. */
export type Phases = ReadonlyMap<string, Span>

export interface Span {
  readonly from: number
  readonly to: number
}

export const lasted = ({ from, to }: Span): number => to - from

interface LogLine {
  readonly time?: unknown
  readonly msg?: unknown
  readonly from?: unknown
  readonly to?: unknown
}

/** When the auctioneer entered each state of the execution, in Unix milliseconds, from its log. */
export function statesIn(logFile: string): ReadonlyMap<string, number> {
  const entered = new Map<string, number>()
  for (const text of readFileSync(logFile, 'utf8').split('\n')) {
    if (!text.includes('"batch execution"')) continue
    const { time, from, to } = JSON.parse(text) as LogLine
    if (typeof from !== 'string' || typeof to !== 'string') continue
    entered.set(from === 'idle' ? to : to === 'idle' ? 'end' : to, Number(new Date(time as string | number)))
  }
  return entered
}

/** What the aim of a batch is about: from the first proposal sent to the transaction out. */
export function proposedToPublished(phases: Phases): Span {
  const [first, last] = [phases.get('prepareOut'), phases.get('publish')]
  if (first === undefined || last === undefined) throw new Error('phases are missing')
  return { from: first.from, to: last.to }
}

/** Both sides' moments put on one line; they share the machine's clock. */
export function phasesOf(states: ReadonlyMap<string, number>, moments: ReadonlyMap<string, Moments>): Phases {
  const at = (state: string): number => {
    const time = states.get(state)
    if (time === undefined) throw new Error(`the auctioneer was never ${state}`)
    return time
  }
  const trader = (what: string): Moments => {
    const moment = moments.get(what)
    if (moment === undefined) throw new Error(`no trader was ever ${what}`)
    return moment
  }
  const line: readonly (readonly [string, number])[] = [
    ['matchAndBuild', at('preparing')],
    ['prepareOut', trader('verified').first],
    ['verify', trader('verified').last],
    ['accept', at('signing')],
    ['signBegin', trader('signing').last],
    ['sign', at('sealing')],
    ['combine', at('committing')],
    ['commit', at('publishing')],
    ['publish', at('finalizing')],
    ['finalize', at('end')],
  ]
  let before = at('building')
  return new Map(
    line.map(([name, time]) => {
      const span = { from: before, to: Math.max(before, time) }
      before = span.to
      return [name, span]
    }),
  )
}
