import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, RandomBytes } from '../ports/clock.ts'

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => BigInt(Date.now()) * 1_000_000n,
  sleep: async (ms, signal) => {
    if (signal?.aborted === true) return
    await sleep(ms, undefined, { signal }).catch(() => undefined)
  },
}

export const systemRandom: RandomBytes = (length) => new Uint8Array(randomBytes(length))
