import { readFileSync } from 'node:fs'
import type { Moments } from './traders.ts'

/** Milliseconds of each phase of a batch, in order. */
export type Phases = ReadonlyMap<string, number>

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
      const took = Math.max(0, time - before)
      before = Math.max(before, time)
      return [name, took]
    }),
  )
}
