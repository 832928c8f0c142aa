import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { AccountKey, OrderNonce } from '@tidepool/crypto'
import { BatchBuildError } from '@tidepool/market'
import type { BookAccount, BookOrder } from '@tidepool/market'
import { buildAttempt, finishAttempt } from '../../core/buildAttempt.ts'
import type { AttemptInput, AttemptOutcome } from '../../core/buildAttempt.ts'
import type { Matcher } from '../../ports/matcher.ts'
import type { MatcherReply, MatcherThread } from './messages.ts'

/** A smaller book is matched sooner than the thread has been told of it. */
const THREAD_FROM = 2_000
/** Orders or accounts told at once; the main loop goes on between such parts. */
const PART = 200

type Orders = ReadonlyMap<OrderNonce, BookOrder>
type Accounts = ReadonlyMap<AccountKey, BookAccount>
type Snapshot = Omit<AttemptInput, 'book'>

/**
 * Matches big books in a thread of its own, which keeps the book and the accounts. It is told what changes, so that the
 * main loop's work follows the number of changes, not the size of the book.
 */
export class ThreadMatcher implements Matcher {
  readonly #open: () => MatcherThread
  readonly #from: number
  #thread: MatcherThread | undefined
  /** Orders of which the thread may know something old. */
  #changed = new Set<OrderNonce>()
  /** What the thread knows. */
  #accounts = new Map<AccountKey, BookAccount>()
  #waiting: { resolve(reply: MatcherReply): void; reject(error: unknown): void } | undefined
  #tail: Promise<unknown> = Promise.resolve()

  constructor(open: () => MatcherThread = openThread, from = THREAD_FROM) {
    this.#open = open
    this.#from = from
  }

  orderChanged(nonce: OrderNonce): void {
    if (this.#thread !== undefined) this.#changed.add(nonce)
  }

  build(orders: Orders, snapshot: () => Snapshot): Promise<AttemptOutcome> {
    const result = this.#tail.then(() => this.#build(orders, snapshot))
    this.#tail = result.catch(() => undefined)
    return result
  }

  async #build(orders: Orders, snapshot: () => Snapshot): Promise<AttemptOutcome> {
    if (orders.size < this.#from) return buildAttempt({ ...snapshot(), book: [...orders.values()] })
    const known = this.#thread
    const thread = known ?? this.#start()
    if (known === undefined) await this.#tellAll(thread, orders)
    while (this.#changed.size > PART) await this.#tellPart(orders)
    await this.#tellAccounts(snapshot().match.accounts)
    // Nothing is awaited between the last look at the book and the question.
    const input = snapshot()
    this.#tellChanged(orders)
    this.#tellAccountPart(this.#news(input.match.accounts), this.#gone(input.match.accounts))
    const reply = await this.#ask(thread, input)
    if (reply.kind === 'refused') throw new BatchBuildError(reply.detail, reply.message)
    if (reply.kind === 'failed') throw new Error(`matching failed: ${reply.message}`)
    return finishAttempt(reply.proposed, input)
  }

  /** A whole book, for a new thread. What changes meanwhile is told after it. */
  async #tellAll(thread: MatcherThread, orders: Orders): Promise<void> {
    let put: BookOrder[] = []
    for (const entry of orders.values()) {
      put.push(bare(entry))
      if (put.length < PART) continue
      thread.postMessage({ kind: 'orders', put, removed: [] })
      put = []
      await nextTurn()
    }
    thread.postMessage({ kind: 'orders', put, removed: [] })
  }

  #tellPart(orders: Orders): Promise<void> {
    this.#tellChanged(orders, PART)
    return nextTurn()
  }

  #tellChanged(orders: Orders, most = Infinity): void {
    const put: BookOrder[] = []
    const removed: OrderNonce[] = []
    for (const nonce of this.#changed) {
      if (put.length + removed.length >= most) break
      this.#changed.delete(nonce)
      const entry = orders.get(nonce)
      if (entry === undefined) removed.push(nonce)
      else put.push(bare(entry))
    }
    if (put.length + removed.length > 0) this.#thread?.postMessage({ kind: 'orders', put, removed })
  }

  async #tellAccounts(accounts: Accounts): Promise<void> {
    const news = this.#news(accounts)
    for (let from = 0; from < news.length; from += PART) {
      this.#tellAccountPart(news.slice(from, from + PART), [])
      await nextTurn()
    }
  }

  #news(accounts: Accounts): readonly BookAccount[] {
    const news: BookAccount[] = []
    for (const [key, entry] of accounts) {
      const told = this.#accounts.get(key)
      if (told === undefined || !isSame(told, entry)) news.push(entry)
    }
    return news
  }

  #gone(accounts: Accounts): readonly AccountKey[] {
    return [...this.#accounts.keys()].filter((key) => !accounts.has(key))
  }

  #tellAccountPart(put: readonly BookAccount[], removed: readonly AccountKey[]): void {
    for (const entry of put) this.#accounts.set(entry.account.key, entry)
    for (const key of removed) this.#accounts.delete(key)
    if (put.length + removed.length > 0) this.#thread?.postMessage({ kind: 'accounts', put, removed })
  }

  #ask(thread: MatcherThread, input: Snapshot): Promise<MatcherReply> {
    return new Promise((resolve, reject) => {
      if (this.#thread !== thread) throw new Error('the matching thread ended')
      this.#waiting = { resolve, reject }
      const { accounts: _told, ...match } = input.match
      thread.postMessage({ kind: 'propose', input: { ...input, match } })
    })
  }

  #start(): MatcherThread {
    const thread = this.#open()
    this.#thread = thread
    this.#changed = new Set()
    this.#accounts = new Map()
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

/** Without what only the ledger needs: everything is copied on its way to the thread. */
const bare = ({ order, state, unitsUnfulfilled, arrival, terms }: BookOrder): BookOrder =>
  ({ order, state, unitsUnfulfilled, arrival, terms }) as BookOrder

const isSame = (a: BookAccount, b: BookAccount): boolean =>
  a.account === b.account &&
  a.ready === b.ready &&
  a.stream?.id === b.stream?.id &&
  a.stream?.batchVersion === b.stream?.batchVersion

function openThread(): MatcherThread {
  const worker = new Worker(new URL('./matcherThread.js', import.meta.url))
  return {
    postMessage: (message) => worker.postMessage(message),
    onReply: (listener) => worker.on('message', listener),
    onError: (listener) => worker.on('error', listener),
    terminate: () => worker.terminate(),
  }
}
