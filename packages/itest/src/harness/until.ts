import { setTimeout as sleep } from 'node:timers/promises'
import { HarnessError } from './errors.ts'

export interface UntilOptions {
  readonly timeoutMs?: number
  readonly pauseMs?: number
}

/**
 * Asks again and again until the answer is neither undefined nor false. What the question throws counts as "not yet"
 * and is told when time runs out. @throws HarnessError TIMED_OUT
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  options: UntilOptions = {},
): Promise<T> {
  const { timeoutMs = 120_000, pauseMs = 100 } = options
  const deadline = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
      last = undefined
    } catch (error) {
      if (error instanceof HarnessError && error.code === 'DAEMON_ENDED') throw error
      last = error
    }
    if (Date.now() >= deadline) {
      const reason = last instanceof Error ? `: ${last.message}` : ''
      const detail = { code: 'TIMED_OUT', what, afterMs: timeoutMs } as const
      throw new HarnessError(detail, `${what}: not after ${timeoutMs / 1000} s${reason}`, { cause: last })
    }
    await sleep(pauseMs)
  }
}
