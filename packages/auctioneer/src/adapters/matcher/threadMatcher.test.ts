import { MessageChannel } from 'node:worker_threads'
import { orderNonce, satoshi, satPerKWeight, toHex, type OrderNonce } from '@tidepool/crypto'
import type { BookOrder } from '@tidepool/market'
import { afterEach, describe, expect, test } from 'vitest'
import { attemptInput, bookOf } from '../../../test/matcherBooks.ts'
import { buildAttempt } from '../../core/buildAttempt.ts'
import type { MatcherRequest, MatcherThread } from './messages.ts'
import { serveMatcher } from './serveMatcher.ts'
import { ThreadMatcher } from './threadMatcher.ts'

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

/** The thread's end of a real message channel: everything is copied on the way. */
function thread(): MatcherThread {
  const { port1, port2 } = new MessageChannel()
  const serve = serveMatcher()
  port2.on('message', (request: MatcherRequest) => {
    const reply = serve(request)
    if (reply !== undefined) port2.postMessage(reply)
  })
  open.push(() => port1.close())
  return {
    postMessage: (message) => port1.postMessage(message),
    onReply: (listener) => port1.on('message', listener),
    onError: () => undefined,
    terminate: () => port1.close(),
  }
}

const mapOf = (orders: readonly BookOrder[]) => new Map<OrderNonce, BookOrder>(orders.map((e) => [e.order.nonce, e]))

/** Every third account is offline, or unknown. */
function withAccounts(input: ReturnType<typeof attemptInput>, change: 'offline' | 'gone' | 'back') {
  const kept = [...input.match.accounts].filter((_, index) => change !== 'gone' || index % 3 !== 0)
  const accounts = new Map(
    kept.map(([key, entry], index) => [
      key,
      change === 'offline' && index % 3 === 0 ? { ...entry, stream: undefined } : entry,
    ]),
  )
  return { ...input, match: { ...input.match, accounts } }
}

describe('matching in a thread', () => {
  test('the same attempt as in the main thread, while the book changes', async () => {
    const matcher = new ThreadMatcher(thread, 0)
    const book = mapOf(bookOf(30))
    for (let round = 0; round < 4; round++) {
      const expected = buildAttempt({ ...attemptInput(round), book: [...book.values()] })
      expect(expected.attempt).toBeDefined()
      expect(await matcher.build(book, () => attemptInput(round))).toEqual(expected)
      const [first, second] = [...book.values()].slice(round)
      if (first !== undefined) book.delete(first.order.nonce)
      if (second !== undefined) book.set(second.order.nonce, { ...second, unitsUnfulfilled: 1 as never })
      for (const changed of [first, second]) if (changed !== undefined) matcher.orderChanged(changed.order.nonce)
    }
    await matcher.stop()
  })

  test('an order that comes or goes while the thread is told counts as at the snapshot', async () => {
    const matcher = new ThreadMatcher(thread, 0)
    const book = mapOf(bookOf(1200))
    const late = bookOf(1202).slice(1200)
    const built = matcher.build(book, () => attemptInput(0))
    await new Promise((resolve) => setImmediate(resolve))
    const gone = [...book.keys()][0] ?? orderNonce(toHex(new Uint8Array(32)))
    book.delete(gone)
    for (const entry of late) book.set(entry.order.nonce, entry)
    for (const nonce of [gone, ...late.map(({ order }) => order.nonce)]) matcher.orderChanged(nonce)
    const expected = buildAttempt({ ...attemptInput(0), book: [...book.values()] })
    expect((await built).attempt).toEqual(expected.attempt)
  })

  test('many changes at once, and accounts that come, change and go', async () => {
    const matcher = new ThreadMatcher(thread, 0)
    const book = mapOf(bookOf(900))
    await matcher.build(book, () => attemptInput(0))
    for (const [nonce, entry] of [...book].slice(0, 700)) {
      if (entry.arrival % 2 === 0) book.delete(nonce)
      else book.set(nonce, { ...entry, unitsUnfulfilled: 1 as never })
      matcher.orderChanged(nonce)
    }
    for (const change of ['offline', 'gone', 'back'] as const) {
      const input = () => withAccounts(attemptInput(1), change)
      const expected = buildAttempt({ ...input(), book: [...book.values()] })
      expect(expected.attempt?.market.matches.length).toBeGreaterThan(0)
      expect(await matcher.build(book, input)).toEqual(expected)
    }
  })

  test('a refused batch keeps its code, and the matcher goes on', async () => {
    const matcher = new ThreadMatcher(thread, 0)
    const book = mapOf(bookOf(10))
    const poor = () => {
      const input = attemptInput(0)
      const match = { ...input.match, feeRate: satPerKWeight(20_000) }
      return { ...input, match, master: { ...input.master, value: satoshi(1) } }
    }
    await expect(matcher.build(book, poor)).rejects.toMatchObject({ detail: { code: 'BATCH_MASTER_TOO_SMALL' } })
    expect((await matcher.build(book, () => attemptInput(0))).attempt).toBeDefined()
  })

  test('a small book is matched in the main thread', async () => {
    const matcher = new ThreadMatcher(() => {
      throw new Error('no thread for so few orders')
    })
    const outcome = await matcher.build(mapOf(bookOf(10)), () => attemptInput(0))
    expect(outcome).toEqual(buildAttempt({ ...attemptInput(0), book: bookOf(10) }))
  })

  test('a thread that dies fails its attempt, the next has a new one', async () => {
    const threads: MatcherThread[] = []
    const listeners: ((error: unknown) => void)[] = []
    const matcher = new ThreadMatcher(() => {
      const made = thread()
      const mortal: MatcherThread = {
        ...made,
        postMessage: (message) => {
          if (message.kind === 'propose' && threads.length === 1) for (const tell of listeners) tell(new Error('dead'))
          else made.postMessage(message)
        },
        onError: (listener) => void listeners.push(listener),
      }
      threads.push(mortal)
      return mortal
    }, 0)
    const book = mapOf(bookOf(10))
    await expect(matcher.build(book, () => attemptInput(0))).rejects.toThrow('dead')
    expect(await matcher.build(book, () => attemptInput(0))).toEqual(
      buildAttempt({ ...attemptInput(0), book: [...book.values()] }),
    )
  })
})
