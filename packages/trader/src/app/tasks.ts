import { reasonOf } from '../core/errors.ts'
import type { Logger } from '../ports/logger.ts'

/** Background work by name: starting one under a name in use ends the older one. */
export class Tasks {
  readonly #logger: Logger
  readonly #running = new Map<string, AbortController>()
  readonly #all = new Set<Promise<void>>()
  #stopped = false

  constructor(logger: Logger) {
    this.#logger = logger
  }

  start(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#stopped) return
    this.#running.get(name)?.abort()
    const controller = new AbortController()
    this.#running.set(name, controller)
    const done = this.#run(name, controller, work)
    this.#all.add(done)
    void done.finally(() => this.#all.delete(done))
  }

  isRunning(name: string): boolean {
    return this.#running.has(name)
  }

  stop(name: string): void {
    this.#running.get(name)?.abort()
    this.#running.delete(name)
  }

  /** Ends everything and waits for it. */
  async stopAll(): Promise<void> {
    this.#stopped = true
    for (const controller of this.#running.values()) controller.abort()
    await Promise.all(this.#all)
  }

  async #run(name: string, controller: AbortController, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await work(controller.signal)
    } catch (error) {
      if (!controller.signal.aborted)
        this.#logger.error('background task failed', { task: name, reason: reasonOf(error) })
    } finally {
      if (this.#running.get(name) === controller) this.#running.delete(name)
    }
  }
}
