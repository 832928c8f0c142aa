/** What the clock of each machine shows more than the time that passes. Timers do not follow it. */
export class Clocks {
  readonly #ahead = new Map<string, number>()

  aheadOf(process: string): number {
    return this.#ahead.get(process) ?? 0
  }

  /** Somebody sets the clock of a machine: forward, or back when negative. */
  jump(process: string, ms: number): void {
    this.#ahead.set(process, this.aheadOf(process) + ms)
  }
}
