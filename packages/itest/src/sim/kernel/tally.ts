/** Counts what was run, by kind. */
export class Tally {
  readonly #counts = new Map<string, Map<string, number>>()

  count(kind: string, what: string): void {
    const counts = this.#counts.get(kind) ?? new Map<string, number>()
    this.#counts.set(kind, counts)
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }

  of(kind: string, what: string): number {
    return this.#counts.get(kind)?.get(what) ?? 0
  }

  sum(kind: string): number {
    return [...(this.#counts.get(kind)?.values() ?? [])].reduce((sum, count) => sum + count, 0)
  }

  print(title: string): void {
    process.stdout.write([title, ...this.lines().map((line) => `  ${line}`), ''].join('\n'))
  }

  /** One line for each kind. */
  lines(): readonly string[] {
    return [...this.#counts].map(([kind, counts]) => {
      const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
      return `${kind} ${this.sum(kind)}: ${sorted.map(([what, count]) => `${what} ${count}`).join(', ')}`
    })
  }
}
