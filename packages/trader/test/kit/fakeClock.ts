import type { Clock } from '../../src/ports/clock.ts'

interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

/** A clock that stands still until it is moved. */
export class FakeClock implements Clock {
  #now = 0
  #sleepers: Sleeper[] = []
  /** Lengths of all sleeps begun, in order. */
  readonly slept: number[] = []

  now(): bigint {
    return BigInt(this.#now) * 1_000_000n
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms)
    if (signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      this.#sleepers.push({ until: this.#now + ms, wake })
      signal?.addEventListener('abort', wake, { once: true })
    })
  }

  /** Moves on and lets everything that was waiting run. */
  async advance(ms: number): Promise<void> {
    this.#now += ms
    const due = this.#sleepers.filter((sleeper) => sleeper.until <= this.#now)
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.until > this.#now)
    for (const sleeper of due) sleeper.wake()
    await settle()
  }
}

/** Lets pending promises run to where they wait for something outside. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Polls without a clock until it holds; fails after a second. */
export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 2))
  if (!condition()) throw new Error('the condition did not come true')
}
