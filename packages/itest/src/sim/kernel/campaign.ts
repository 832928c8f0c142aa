import { Tally } from './tally.ts'

/** Something that runs by the number, each number in its own way. */
export interface Campaign {
  /** As the option of `pnpm sim` that counts them. */
  readonly name: 'lives' | 'batches'
  readonly first: number
  readonly count: number
  /** Of how many shares this is which, from 0. */
  readonly shares: number
  readonly share: number
  readonly run: (number: number, tally: Tally) => Promise<unknown>
}

/** Failures shown in full; the others by their numbers. */
const SHOWN = 3
const TELL_EVERY_MS = 20_000

/**
 * Runs its share of the numbers, tells how far it is, and each failure with how to run it again.
 * @throws with the numbers and stories of those that went wrong
 */
export async function runCampaign({ name, first, count, shares, share, run }: Campaign): Promise<Tally> {
  const tally = new Tally()
  const failed = new Map<number, string>()
  const title = `${name} ${first} to ${first + count - 1}, share ${share + 1} of ${shares}`
  let told = Date.now()
  const stray = new Set<unknown>()
  const isStray = (error: unknown): void => void stray.add(error)
  process.on('unhandledRejection', isStray)
  for (let number = first + share; number < first + count; number += shares) {
    tally.count('schedules', 'run')
    try {
      await run(number, tally)
      for (const error of stray) throw new Error('a promise was left to fail', { cause: error })
    } catch (error) {
      const text = textOf(error)
      failed.set(number, text)
      say(`FAILED ${replayOf(name, number)}: ${text.split('\n', 1)[0] ?? ''}`)
    }
    stray.clear()
    if (Date.now() - told < TELL_EVERY_MS) continue
    told = Date.now()
    say(`${title}: ${tally.of('schedules', 'run')} run, ${failed.size} failed`)
  }
  process.off('unhandledRejection', isStray)
  tally.print(`${title}: ${failed.size} failed`)
  if (failed.size === 0) return tally
  const shown = [...failed].slice(0, SHOWN).map(([number, text]) => `${replayOf(name, number)}\n${text}`)
  throw new Error(`failed: ${name} ${[...failed.keys()].join(', ')}\n${shown.join('\n')}`)
}

const replayOf = (name: Campaign['name'], number: number): string => `pnpm sim --${name} 1 --first ${number}`

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}\n  ${textOf(error.cause)}`
}
