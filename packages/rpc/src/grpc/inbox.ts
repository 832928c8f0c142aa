type Waiting<T> = {
  readonly resolve: (result: IteratorResult<T, undefined>) => void
  readonly reject: (error: unknown) => void
}

/** Messages on their way from a stream to its one reader. */
export class Inbox<T> {
  readonly #items: T[] = []
  readonly #onTaken: () => void
  #waiting: Waiting<T> | undefined
  #end: { readonly error: unknown } | undefined

  /** `onTaken` runs whenever the reader took a message or waits for one. */
  constructor(onTaken: () => void = () => {}) {
    this.#onTaken = onTaken
  }

  get size(): number {
    return this.#items.length
  }

  get ended(): boolean {
    return this.#end !== undefined
  }

  put(item: T): void {
    if (this.#end !== undefined) return
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) this.#items.push(item)
    else waiting.resolve({ done: false, value: item })
  }

  /** No more messages; the reader gets what is left and then the error, if there is one. */
  finish(error?: unknown): void {
    if (this.#end !== undefined) return
    this.#end = { error }
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting !== undefined) this.#settle(waiting)
  }

  /** Ends quietly and forgets what nobody read. */
  drop(): void {
    this.#items.length = 0
    this.finish()
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      const item = this.#items.shift()
      if (item !== undefined) {
        this.#onTaken()
        resolve({ done: false, value: item })
      } else if (this.#end !== undefined) {
        this.#settle({ resolve, reject })
      } else {
        this.#waiting = { resolve, reject }
        this.#onTaken()
      }
    })
  }

  #settle(waiting: Waiting<T>): void {
    if (this.#end?.error === undefined) waiting.resolve({ done: true, value: undefined })
    else waiting.reject(this.#end.error)
  }
}
