import type { Scheduler } from './scheduler.ts'

/** What is done to a call of a process to the outside. */
export type CallFault = 'killBefore' | 'killAfter' | 'twice' | Error | { readonly answerLost: Error }

/**
 * One run of a process, from start to kill. All that it does outside itself goes through `call`; once it is dead, calls
 * have no effect and never return, so whatever code of it is left stands still for ever.
 */
export class Life {
  readonly name: string
  readonly #scheduler: Scheduler
  readonly #onKill = new Set<() => void>()
  #alive = true
  #calls = 0
  /** Asked for every call, numbered from 1, just before its effect. */
  intercept: (what: string, index: number) => CallFault | undefined = () => undefined

  /** Whether something that reaches the process reaches it twice. */
  echoes: (what: string) => boolean = () => false

  constructor(name: string, scheduler: Scheduler) {
    this.name = name
    this.#scheduler = scheduler
  }

  get alive(): boolean {
    return this.#alive
  }

  /** Calls that were begun outside so far. */
  get calls(): number {
    return this.#calls
  }

  /** An effect outside the process, at a moment the scheduler picks; calls of one lane keep their order. */
  call<T>(what: string, effect: () => T | Promise<T>, lane?: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const named = `${this.name} ${what}`
      this.#scheduler.post(named, () => this.#perform(what, effect, resolve, reject), lane && `${this.name} ${lane}`)
    })
  }

  /** Something from outside reaches the process, if it still lives. */
  deliver(what: string, run: () => void, lane?: string): void {
    const guarded = (): void => {
      if (this.#alive) run()
    }
    const times = this.echoes(what) ? 2 : 1
    for (let i = 0; i < times; i++) {
      this.#scheduler.post(`${this.name} ${what}`, guarded, lane && `${this.name} ${lane}`)
    }
  }

  /** Runs at the kill, and at once when that is past; the result takes it back. */
  onKill(run: () => void): () => void {
    if (this.#alive) this.#onKill.add(run)
    else run()
    return () => this.#onKill.delete(run)
  }

  kill(): void {
    if (!this.#alive) return
    this.#alive = false
    for (const run of this.#onKill) run()
    this.#onKill.clear()
  }

  #perform<T>(
    what: string,
    effect: () => T | Promise<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): void {
    if (!this.#alive) return
    this.#calls += 1
    const fault = this.intercept(what, this.#calls)
    if (fault === 'killBefore') return this.kill()
    if (fault instanceof Error) return reject(fault)
    if (fault === 'twice') run(effect).catch(() => undefined)
    const ended = run(effect)
    if (fault === 'killAfter') {
      ended.catch(() => undefined)
      return this.kill()
    }
    const lost = typeof fault === 'object' ? fault.answerLost : undefined
    ended.then(
      (value) => {
        if (!this.#alive) return
        if (lost === undefined) resolve(value)
        else reject(lost)
      },
      (error: unknown) => {
        if (this.#alive) reject(error)
      },
    )
  }
}

async function run<T>(effect: () => T | Promise<T>): Promise<T> {
  return effect()
}
