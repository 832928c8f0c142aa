/** Two numbers of 32 bits that nobody outside this process knows. */
export type FingerprintSeed = readonly [number, number]

const FIRST_SIZE = 1024

/**
 * A set of texts that keeps 64 bits of each, in typed arrays. That any two of a million texts share them by chance is
 * one in 37 million; on purpose it takes the seed.
 */
export class Fingerprints {
  readonly #seed: FingerprintSeed
  /** Open addressing: pairs of numbers, (0, 0) where free. */
  #table = new Int32Array(2 * FIRST_SIZE)
  #mask = FIRST_SIZE - 1
  #size = 0
  /** The two halves of the last text hashed. */
  #high = 0
  #low = 0

  constructor(seed: FingerprintSeed) {
    this.#seed = seed
  }

  get size(): number {
    return this.#size
  }

  has(text: string): boolean {
    this.#hash(text)
    return !this.#isFree(this.#find())
  }

  add(text: string): void {
    this.#hash(text)
    const place = this.#find()
    if (!this.#isFree(place)) return
    this.#put(place)
    this.#size += 1
    if (this.#size * 2 > this.#mask) this.#grow()
  }

  delete(text: string): void {
    this.#hash(text)
    let gap = this.#find()
    if (this.#isFree(gap)) return
    this.#size -= 1
    // What came later to places after this one moves up, so that no search ends too early.
    for (let next = (gap + 1) & this.#mask; !this.#isFree(next); next = (next + 1) & this.#mask) {
      const home = (this.#table[2 * next] ?? 0) & this.#mask
      if (((next - home) & this.#mask) < ((next - gap) & this.#mask)) continue
      this.#table.copyWithin(2 * gap, 2 * next, 2 * next + 2)
      gap = next
    }
    this.#table.fill(0, 2 * gap, 2 * gap + 2)
  }

  /** Where these 64 bits are, or the free place where they would go. */
  #find(): number {
    let place = this.#high & this.#mask
    while (!this.#isFree(place)) {
      if (this.#table[2 * place] === this.#high && this.#table[2 * place + 1] === this.#low) return place
      place = (place + 1) & this.#mask
    }
    return place
  }

  #isFree(place: number): boolean {
    return this.#table[2 * place] === 0 && this.#table[2 * place + 1] === 0
  }

  #put(place: number): void {
    this.#table[2 * place] = this.#high
    this.#table[2 * place + 1] = this.#low
  }

  #grow(): void {
    const before = this.#table
    this.#table = new Int32Array(2 * before.length)
    this.#mask = this.#table.length / 2 - 1
    for (let i = 0; i < before.length; i += 2) {
      this.#high = before[i] ?? 0
      this.#low = before[i + 1] ?? 0
      if (this.#high !== 0 || this.#low !== 0) this.#put(this.#find())
    }
  }

  #hash(text: string): void {
    let [high, low] = this.#seed
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      high = Math.imul(high ^ code, 0x9e3779b1)
      high ^= high >>> 15
      low = Math.imul(low ^ code, 0x85ebca6b)
      low ^= low >>> 13
    }
    this.#high = high
    // (0, 0) means free.
    this.#low = high === 0 && low === 0 ? 1 : low
  }
}
