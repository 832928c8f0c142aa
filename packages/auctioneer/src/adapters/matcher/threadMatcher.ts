import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { OrderNonce } from '@tidepool/crypto'
import { BatchBuildError } from '@tidepool/market'
import type { BookOrder } from '@tidepool/market'
import { buildAttempt, finishAttempt } from '../../core/buildAttempt.ts'
import type { AttemptInput, AttemptOutcome } from '../../core/buildAttempt.ts'
import type { Matcher } from '../../ports/matcher.ts'
import type { MatcherReply, MatcherThread } from './messages.ts'

/** A smaller book is matched sooner than the thread has been told of it. */
const THREAD_FROM = 2_000
/** Orders told at once; the main loop goes on between such parts. */
const PART = 1_000

/** Matches big books in a thread of its own, which keeps the book and is told what changes. */
export class ThreadMatcher implements Matcher {
  readonly #open: () => MatcherThread
  readonly #from: number
  /** What the thread knows. */
  #told = new Map<OrderNonce, BookOrder>()
  #thread: MatcherThread | undefined
  #waiting: { resolve(reply: MatcherReply): void; reject(error: unknown): void } | undefined
  #tail: Promise<unknown> = Promise.resolve()

  constructor(open: () => MatcherThread = openThread, from = THREAD_FROM) {
    this.#open = open
    this.#from = from
  }

  build(
    orders: ReadonlyMap<OrderNonce, BookOrder>,
    snapshot: () => Omit<AttemptInput, 'book'>,
  ): Promise<AttemptOutcome> {
    const result = this.#tail.then(() => this.#build(orders, snapshot))
    this.#tail = result.catch(() => undefined)
    return result
  }

  async #build(
    orders: ReadonlyMap<OrderNonce, BookOrder>,
    snapshot: () => Omit<AttemptInput, 'book'>,
  ): Promise<AttemptOutcome> {
    if (orders.size < this.#from) return buildAttempt({ ...snapshot(), book: [...orders.values()] })
    this.#thread ??= this.#start()
    await this.#catchUp(orders)
    // Nothing is awaited between the last look at the book and the snapshot.
    this.#tellRest(orders)
    const input = snapshot()
    const reply = await this.#ask(input)
    if (reply.kind === 'refused') throw new BatchBuildError(reply.detail, reply.message)
    if (reply.kind === 'failed') throw new Error(`matching failed: ${reply.message}`)
    return finishAttempt(reply.proposed, input)
  }

  /** Tells the thread what is new, part by part, so that a whole book does not hold up the main loop. */
  async #catchUp(orders: ReadonlyMap<OrderNonce, BookOrder>): Promise<void> {
    let part: BookOrder[] = []
    for (const [nonce, entry] of orders) {
      if (this.#told.get(nonce) !== entry) part.push(entry)
      if (part.length < PART) continue
      this.#tell(part, [])
      part = []
      await nextTurn()
    }
    this.#tell(part, [])
  }

  /** What changed meanwhile, and what left. */
  #tellRest(orders: ReadonlyMap<OrderNonce, BookOrder>): void {
    const put = [...orders.values()].filter((entry) => this.#told.get(entry.order.nonce) !== entry)
    const removed = [...this.#told.keys()].filter((nonce) => !orders.has(nonce))
    this.#tell(put, removed)
  }

  #tell(put: readonly BookOrder[], removed: readonly OrderNonce[]): void {
    for (const entry of put) this.#told.set(entry.order.nonce, entry)
    for (const nonce of removed) this.#told.delete(nonce)
    if (put.length + removed.length > 0) this.#thread?.postMessage({ kind: 'change', put, removed })
  }

  #ask(input: Omit<AttemptInput, 'book'>): Promise<MatcherReply> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#thread?.postMessage({ kind: 'propose', input })
    })
  }

  #start(): MatcherThread {
    const thread = this.#open()
    this.#told = new Map()
    thread.onReply((reply) => this.#waiting?.resolve(reply))
    // A thread that died is replaced at the next attempt, which tells the new one everything.
    thread.onError((error) => {
      this.#thread = undefined
      this.#waiting?.reject(error)
    })
    return thread
  }

  async stop(): Promise<void> {
    await this.#thread?.terminate()
    this.#thread = undefined
  }
}

function openThread(): MatcherThread {
  const worker = new Worker(new URL('./matcherThread.js', import.meta.url))
  return {
    postMessage: (message) => worker.postMessage(message),
    onReply: (listener) => worker.on('message', listener),
    onError: (listener) => worker.on('error', listener),
    terminate: () => worker.terminate(),
  }
}
