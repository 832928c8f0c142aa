import { setTimeout as pause } from 'node:timers/promises'
import { RpcError, STATUS } from '@tidepool/rpc'
import { CliError } from './errors.ts'
import { parseUint32 } from './parse.ts'

const PAUSE_MS = 300
const DEFAULT_SECONDS = 60

/** The option of commands that can wait. */
export const WAIT_FLAG = ['--wait [seconds]', `wait until then, at most so long (default: ${DEFAULT_SECONDS})`] as const

/** Milliseconds that `--wait` allows; undefined without it. @throws CliError BAD_ARGUMENT */
export const waitMs = (flag: string | true | undefined): number | undefined =>
  flag === undefined ? undefined : (flag === true ? DEFAULT_SECONDS : parseUint32('wait', flag)) * 1000

/** The daemon has not been started, or is not there yet. */
export const isAbsent = (error: unknown): boolean =>
  (error instanceof CliError && error.detail.code === 'CREDENTIALS_MISSING') ||
  (error instanceof RpcError && error.detail.status === STATUS.UNAVAILABLE)

/** Asks until the answer will do or time is up; then the last answer, good or not, counts. */
export async function askUntil<T>(ask: () => Promise<T>, isEnough: (answer: T) => boolean, ms: number): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const last = performance.now() >= end
    try {
      const answer = await ask()
      if (last || isEnough(answer)) return answer
    } catch (error) {
      if (last || !isAbsent(error)) throw error
    }
    await pause(PAUSE_MS)
  }
}
