import { Random } from './random.ts'
import type { Trace } from './trace.ts'

interface Ready {
  readonly what: string
  readonly run: () => void
}

interface Timer {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** Midday of a day that never comes. */
const START_MS = 1_800_000_000_000

/**
 * The one loop of a simulated world: runs one event at a time, in an order drawn from the seed. Events of one lane keep
 * their order. Time stands still while anything is ready, then jumps to the next timer.
 */
export class Scheduler {
  readonly #random: Random
  readonly #trace: Trace
  readonly #lanes = new Map<string, Ready[]>()
  #timers: Timer[] = []
  #now = START_MS
  #counter = 0

  constructor(seed: string, trace: Trace) {
    this.#random = new Random(`${seed}/schedule`)
    this.#trace = trace
  }

  /** Unix milliseconds. */
  get now(): number {
    return this.#now
  }

  /** Something that can happen from now on; without a lane, in any order with everything else. */
  post(what: string, run: () => void, lane?: string): void {
    const name = lane ?? `#${this.#counter++}`
    const events = this.#lanes.get(name)
    if (events === undefined) this.#lanes.set(name, [{ what, run }])
    else events.push({ what, run })
  }

  /** Once, after `ms`; the result cancels it. */
  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, order: this.#counter++, run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Runs what is ready until nothing is; time does not move. */
  async drain(): Promise<void> {
    await drained()
    while (await this.#step());
  }

  /** Runs until it holds, moving time up to `limitMs` ahead. Tells whether it came to hold. */
  async until(done: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.#now + limitMs
    await drained()
    while (!done()) {
      if (await this.#step()) continue
      const next = this.#nextTimer()
      if (next === undefined || next.at > end) return done()
      await this.#fire(next)
    }
    return true
  }

  /** Runs everything that happens within the time. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    await this.until(() => false, ms)
    this.#now = end
  }

  async #step(): Promise<boolean> {
    if (this.#lanes.size === 0) return false
    const event = this.#take(this.#random.below(this.#lanes.size))
    if (event === undefined) return true
    this.#trace.add(event.what)
    event.run()
    await drained()
    return true
  }

  /** First event of the lane at an index. */
  #take(index: number): Ready | undefined {
    let at = 0
    for (const [lane, events] of this.#lanes) {
      if (at++ !== index) continue
      const event = events.shift()
      if (events.length === 0) this.#lanes.delete(lane)
      return event
    }
    return undefined
  }

  #nextTimer(): Timer | undefined {
    return this.#timers.reduce<Timer | undefined>(
      (first, timer) => (first === undefined || isBefore(timer, first) ? timer : first),
      undefined,
    )
  }

  async #fire(timer: Timer): Promise<void> {
    this.#timers = this.#timers.filter((other) => other !== timer)
    this.#now = Math.max(this.#now, timer.at)
    this.#trace.add(`time ${this.#now - START_MS}`)
    timer.run()
    await drained()
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** Macrotasks run only after every promise that can go on has gone on. */
const drained = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
