/**
 * The results of a pure function, by a text that stands for its arguments; all are forgotten when there are too many. For
 * results that are asked for again and again by those who cannot hand them to each other.
 */
export class Remembered<T> {
  readonly #most: number
  readonly #known = new Map<string, T>()

  constructor(most: number) {
    this.#most = most
  }

  get(key: string, make: () => T): T {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const made = make()
    if (this.#known.size >= this.#most) this.#known.clear()
    this.#known.set(key, made)
    return made
  }
}
