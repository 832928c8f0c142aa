/** Something that may happen once, or never before the signal ends the wait. */
export class Moment {
  readonly #outcome: Promise<boolean>
  #settle: (happened: boolean) => void = () => undefined

  constructor(signal: AbortSignal) {
    this.#outcome = new Promise((resolve) => {
      this.#settle = resolve
    })
    if (signal.aborted) this.#settle(false)
    else signal.addEventListener('abort', () => this.#settle(false), { once: true })
  }

  happened(): void {
    this.#settle(true)
  }

  /** Whether it happened. */
  awaited(): Promise<boolean> {
    return this.#outcome
  }
}
