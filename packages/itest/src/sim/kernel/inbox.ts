/** Values that come one by one, for `for await`. One reader. */
export class Inbox<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = []
  #wake: () => void = () => undefined
  #end: { readonly error: Error | undefined } | undefined

  push(value: T): void {
    if (this.#end !== undefined) return
    this.#waiting.push(value)
    this.#wake()
  }

  /** Nothing comes after what is waiting; with an error, iteration throws it then. */
  end(error?: Error): void {
    this.#end ??= { error }
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, undefined> {
    for (;;) {
      const next = this.#waiting.shift()
      if (next !== undefined) yield next
      else if (this.#end?.error !== undefined) throw this.#end.error
      else if (this.#end !== undefined) return undefined
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

/** An inbox that ends with the signal. */
export function inboxUntil<T>(signal: AbortSignal): Inbox<T> {
  const inbox = new Inbox<T>()
  if (signal.aborted) inbox.end()
  else signal.addEventListener('abort', () => inbox.end(), { once: true })
  return inbox
}
