import type { Clock } from '../ports/clock.ts'

export interface BackoffOptions {
  readonly minMs: number
  readonly maxMs: number
}

/** Delays that double from `minMs` to `maxMs`; `reset` after a success. */
export class Backoff {
  readonly #options: BackoffOptions
  readonly #clock: Clock
  #next: number

  constructor(options: BackoffOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#next = options.minMs
  }

  reset(): void {
    this.#next = this.#options.minMs
  }

  /** How long the next wait is. */
  get nextMs(): number {
    return this.#next
  }

  async wait(signal: AbortSignal): Promise<void> {
    const delay = this.#next
    this.#next = Math.min(delay * 2, this.#options.maxMs)
    await this.#clock.sleep(delay, signal)
  }
}

export interface RetryOptions {
  readonly backoff: Backoff
  readonly signal: AbortSignal
  readonly onError: (error: unknown) => void
}

/** Tries until it works; undefined when the signal ended it. */
export async function retryForever<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T | undefined> {
  while (!options.signal.aborted) {
    try {
      return await attempt()
    } catch (error) {
      if (options.signal.aborted) return undefined
      options.onError(error)
      await options.backoff.wait(options.signal)
    }
  }
  return undefined
}
