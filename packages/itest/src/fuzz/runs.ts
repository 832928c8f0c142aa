/** Set it for longer runs: how many times as many inputs. */
const FACTOR = Number(process.env['TIDEPOOL_FUZZ'] ?? 1)

/** Inputs for one property. */
export const runs = (usual: number): number => Math.max(1, Math.round(usual * FACTOR))

/** Counts inputs, and says so. */
export class Tally {
  #inputs = 0
  readonly #outcomes = new Map<string, number>()

  note(outcome: string): void {
    this.#inputs += 1
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1)
  }

  get inputs(): number {
    return this.#inputs
  }

  get outcomes(): ReadonlyMap<string, number> {
    return this.#outcomes
  }

  print(what: string): void {
    const told = [...this.#outcomes].toSorted(([, a], [, b]) => b - a).map(([outcome, count]) => `${outcome} ${count}`)
    process.stdout.write(`fuzz: ${this.#inputs} inputs to ${what}: ${told.join(', ')}\n`)
  }
}
