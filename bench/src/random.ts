/** Numbers from a seed (xorshift32), so that every run measures the same books. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 1
  }

  /** An integer from 0 to below. */
  below(limit: number): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return (x >>> 0) % limit
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T
  }

  /** Small numbers much more often than large ones. */
  skewed(limit: number): number {
    const share = this.below(1 << 20) / (1 << 20)
    return Math.floor(share * share * share * limit)
  }
}
