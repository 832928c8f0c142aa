import { cpuMsOf } from '../process.ts'
import type { Span } from './phases.ts'

const PAUSE_MS = 20

interface Reading {
  readonly at: number
  readonly ms: readonly number[]
}

/** Reads the processor times of processes while something runs in them, to tell afterwards which phase took what. */
export class ProcessorTimes {
  readonly #pids: readonly number[]
  readonly #readings: Reading[] = []
  readonly #timer: NodeJS.Timeout

  constructor(pids: readonly number[]) {
    this.#pids = pids
    this.#read()
    this.#timer = setInterval(() => {
      try {
        this.#read()
      } catch {
        clearInterval(this.#timer) // a process is gone, which its next call tells
      }
    }, PAUSE_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#read()
  }

  /** Milliseconds of each process in that span. */
  within({ from, to }: Span): readonly number[] {
    return this.#pids.map((_, i) => this.#until(to, i) - this.#until(from, i))
  }

  #read(): void {
    this.#readings.push({ at: Date.now(), ms: this.#pids.map(cpuMsOf) })
  }

  #until(at: number, process: number): number {
    const after = this.#readings.find((reading) => reading.at >= at) ?? this.#readings.at(-1)
    const before = this.#readings.findLast((reading) => reading.at <= at) ?? this.#readings[0]
    const [low, high] = [before?.ms[process] ?? 0, after?.ms[process] ?? 0]
    if (before === undefined || after === undefined || after.at <= before.at) return low
    return low + ((high - low) * (at - before.at)) / (after.at - before.at)
  }
}
