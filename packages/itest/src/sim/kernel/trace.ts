import { createHash } from 'node:crypto'

/** What happened in a run, in order: a running hash of everything, and the last lines for people. */
export class Trace {
  /** Of the lines before `#hashed`. */
  readonly #hash = createHash('sha256')
  #hashed = 0
  readonly #lines: string[] = []

  add(line: string): void {
    this.#lines.push(line)
  }

  get length(): number {
    return this.#lines.length
  }

  /** Of all lines so far. */
  digest(): string {
    const fresh = this.#lines.slice(this.#hashed).map((line) => `${line}\n`)
    this.#hash.update(fresh.join(''))
    this.#hashed = this.#lines.length
    return this.#hash.copy().digest('hex')
  }

  tail(count: number): readonly string[] {
    return this.#lines.slice(-count)
  }
}
