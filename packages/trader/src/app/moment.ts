/** Something that may happen once, or never before the signal ends the wait. */
export class Moment {
  readonly #outcome: Promise<boolean>
  #settle: (happened: boolean) => void = () => undefined

  constructor(signal: AbortSignal) {
    const ended = (): void => this.#settle(false)
    this.#outcome = new Promise((resolve) => {
      this.#settle = (happened) => {
        signal.removeEventListener('abort', ended)
        resolve(happened)
      }
    })
    if (signal.aborted) ended()
    else signal.addEventListener('abort', ended, { once: true })
  }

  happened(): void {
    this.#settle(true)
  }

  /** Whether it happened. */
  awaited(): Promise<boolean> {
    return this.#outcome
  }
}
