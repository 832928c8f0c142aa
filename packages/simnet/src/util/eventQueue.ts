/** Values on their way to the one reader of a server stream. */
export class EventQueue<T> implements AsyncIterable<T> {
  private readonly items: T[] = []
  private wake: (() => void) | undefined
  private ended = false
  private error: Error | undefined

  /** Ends quietly when the call is over. */
  constructor(signal?: AbortSignal) {
    signal?.addEventListener('abort', () => this.end(), { once: true })
    if (signal?.aborted === true) this.end()
  }

  get isEnded(): boolean {
    return this.ended
  }

  push(item: T): void {
    if (this.ended) return
    this.items.push(item)
    this.wake?.()
  }

  /** No more values; the reader gets what is left. */
  end(): void {
    this.ended = true
    this.wake?.()
  }

  /** No more values, and the reader is told why. */
  fail(error: Error): void {
    if (this.ended) return
    this.error = error
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      const item = this.items.shift()
      if (item !== undefined) {
        yield item
      } else if (this.ended) {
        if (this.error !== undefined) throw this.error
        return
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
      }
    }
  }
}

/** Fans events out to every current subscriber; there is no backlog. */
export class Topic<T> {
  private readonly queues = new Set<EventQueue<T>>()

  subscribe(signal: AbortSignal): EventQueue<T> {
    const queue = new EventQueue<T>(signal)
    this.queues.add(queue)
    signal.addEventListener('abort', () => this.queues.delete(queue), { once: true })
    return queue
  }

  publish(event: T): void {
    for (const queue of this.queues) {
      if (queue.isEnded) this.queues.delete(queue)
      else queue.push(event)
    }
  }

  /** Ends all subscriptions, as a stopping node does. */
  close(error: Error): void {
    for (const queue of this.queues) queue.fail(error)
    this.queues.clear()
  }
}
