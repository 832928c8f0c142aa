import type { StreamId } from '@tidepool/market'

/** Copied with each answer, so they are put aside before they are many. */
const MOST_ANSWERED = 32

/**
 * Streams that are yet to answer. It never changes: without one of them it is another. A copy of all the others for each
 * of hundreds of answers would cost their square.
 */
export class Awaited implements Iterable<StreamId> {
  readonly #asked: ReadonlySet<StreamId>
  /** Of those asked. */
  readonly #answered: ReadonlySet<StreamId>

  private constructor(asked: ReadonlySet<StreamId>, answered: ReadonlySet<StreamId>) {
    this.#asked = asked
    this.#answered = answered
  }

  static of(streams: Iterable<StreamId>): Awaited {
    return new Awaited(new Set(streams), new Set())
  }

  get size(): number {
    return this.#asked.size - this.#answered.size
  }

  has(stream: StreamId): boolean {
    return this.#asked.has(stream) && !this.#answered.has(stream)
  }

  without(stream: StreamId): Awaited {
    if (!this.has(stream)) return this
    const next = new Awaited(this.#asked, new Set([...this.#answered, stream]))
    return next.#answered.size < MOST_ANSWERED ? next : Awaited.of(next)
  }

  *[Symbol.iterator](): Iterator<StreamId> {
    for (const stream of this.#asked) if (!this.#answered.has(stream)) yield stream
  }
}
