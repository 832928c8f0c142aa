import { MatchLog } from './marketPass.ts'

/**
 * Columns that last as long as one attempt, kept for the next: fresh ones of this size would make the collector walk
 * through all orders, which takes longer than matching them.
 */
export class Scratch {
  readonly #columns = new Map<string, Uint32Array>()
  readonly #logs = new Map<string, MatchLog>()

  /** Zeros. Valid until the same name is asked for again. */
  column(name: string, length: number): Uint32Array {
    const known = this.#columns.get(name)
    if (known !== undefined && known.length >= length) return known.subarray(0, length).fill(0)
    const wider = new Uint32Array(Math.ceil(length * 1.25))
    this.#columns.set(name, wider)
    return wider.subarray(0, length)
  }

  /** An empty log. Valid until the same name is asked for again. */
  log(name: string): MatchLog {
    const log = this.#logs.get(name) ?? new MatchLog()
    this.#logs.set(name, log)
    log.length = 0
    return log
  }
}
