import type { Clock } from '../ports/system.ts'
import type { StreamEnd } from '../ports/traderStream.ts'

/** A stream on which nobody has subscribed an account yet. */
export interface Stranger {
  end(why: StreamEnd, details: string): void
}

/** Twice the pause after which our own traders ask again for an account that was unknown. */
export const STRANGER_TIMEOUT_MS = 120_000
/** More than all traders of a market that come back at once. */
export const MAX_STRANGERS = 20_000

/**
 * Streams without an account: each ends when it proves no key for a while, and the oldest end when there are too many.
 * The newest are never refused, so a crowd of silent streams keeps nobody out.
 */
export class Strangers {
  readonly #clock: Clock
  readonly #limit: number
  readonly #timers = new Map<Stranger, () => void>()

  constructor(clock: Clock, limit = MAX_STRANGERS) {
    this.#clock = clock
    this.#limit = limit
  }

  get size(): number {
    return this.#timers.size
  }

  /** A new stream, or one that proved a key: it has its time from now on. */
  add(stranger: Stranger): void {
    this.remove(stranger)
    const late = (): void => stranger.end('unauthenticated', 'no account was subscribed in time')
    this.#timers.set(stranger, this.#clock.after(STRANGER_TIMEOUT_MS, late))
    for (const [oldest] of this.#timers) {
      if (this.#timers.size <= this.#limit) break
      this.remove(oldest)
      oldest.end('unauthenticated', 'too many connections without an account')
    }
  }

  /** It has an account now, or is gone. */
  remove(stranger: Stranger): void {
    this.#timers.get(stranger)?.()
    this.#timers.delete(stranger)
  }

  has(stranger: Stranger): boolean {
    return this.#timers.has(stranger)
  }
}
