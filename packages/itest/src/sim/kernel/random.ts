import { sha256 } from '@tidepool/crypto'

/** Numbers from a seed. Every consumer has its own, so that one more draw here changes nothing there. */
export class Random {
  readonly #seed: string
  #counter = 0
  #block: Uint8Array = new Uint8Array()
  #at = 0

  constructor(seed: string) {
    this.#seed = seed
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#byte())
  }

  /** From 0 to `limit` - 1. */
  below(limit: number): number {
    let value = 0
    for (let i = 0; i < 4; i++) value = value * 256 + this.#byte()
    return Math.floor((value / 2 ** 32) * limit)
  }

  /** Both ends included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] ?? values[0]
  }

  #byte(): number {
    if (this.#at === this.#block.length) {
      this.#block = sha256(new TextEncoder().encode(`${this.#seed}/${this.#counter++}`))
      this.#at = 0
    }
    return this.#block[this.#at++] ?? 0
  }
}
