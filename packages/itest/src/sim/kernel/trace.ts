import { createHash } from 'node:crypto'

/** What happened in a run, in order: a running hash of everything, and the last lines for people. */
export class Trace {
  readonly #hash = createHash('sha256')
  readonly #lines: string[] = []

  add(line: string): void {
    this.#hash.update(line).update('\n')
    this.#lines.push(line)
  }

  get length(): number {
    return this.#lines.length
  }

  /** Of all lines so far. */
  digest(): string {
    return this.#hash.copy().digest('hex')
  }

  tail(count: number): readonly string[] {
    return this.#lines.slice(-count)
  }
}
