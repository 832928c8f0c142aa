/** The newest of many orders, without sorting all of them. */
export class Newest<T extends { readonly arrival: number }> {
  readonly #limit: number
  #kept: T[] = []
  /** Orders that arrived up to then are too old. */
  #floor = -1
  #seen = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** All orders looked at. */
  get seen(): number {
    return this.#seen
  }

  add(record: T): void {
    this.#seen += 1
    if (record.arrival <= this.#floor) return
    this.#kept.push(record)
    if (this.#kept.length >= 2 * this.#limit) this.#cut()
  }

  /** In order of arrival. */
  get orders(): readonly T[] {
    this.#cut()
    return this.#kept.toReversed()
  }

  #cut(): void {
    this.#kept.sort((a, b) => b.arrival - a.arrival)
    const dropped = this.#kept.splice(this.#limit)
    this.#floor = dropped[0]?.arrival ?? this.#floor
  }
}
