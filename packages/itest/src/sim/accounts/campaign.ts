import type { SimSize } from '../kernel/size.ts'
import { runSchedule } from './schedule.ts'
import { Tally } from './tally.ts'

/** Failures shown in full; the others by their numbers. */
const SHOWN = 3

/**
 * Runs every `step`th schedule from the first one on and prints what that was. Each replays by its number.
 * @throws with the numbers and stories of those that went wrong
 */
export async function runMany({ first, accountSchedules }: SimSize, step: number, offset: number): Promise<Tally> {
  const tally = new Tally()
  const failed = new Map<number, string>()
  for (let i = first + offset; i < first + accountSchedules; i += step) {
    tally.count('schedules', 'run')
    try {
      await runSchedule(i, tally)
    } catch (error) {
      failed.set(i, textOf(error))
    }
  }
  tally.print(`accounts, schedules ${first} to ${first + accountSchedules - 1}, share ${offset + 1} of ${step}`)
  if (failed.size === 0) return tally
  const shown = [...failed].slice(0, SHOWN).map(([number, text]) => `schedule ${number}: ${text}`)
  const replay = `pnpm run sim:long --schedules 1 --first ${[...failed.keys()][0] ?? 0}`
  throw new Error(`failed: ${[...failed.keys()].join(', ')}; again with ${replay}\n${shown.join('\n')}`)
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}\n  ${textOf(error.cause)}`
}
