import { matchMake, MatchingBook, supplyUnits, type BookOrder } from '@tidepool/market'
import { cpuMs, least, print } from '../figure.ts'
import { makeBook, type BenchBook, type Kind } from './books.ts'

/** The plain double loop is asked up to this size. */
const PLAIN_LIMIT = 10_000
const UPDATES = 2000

/** Measures one book in a process of its own, which must be able to collect garbage on demand. */
export function measure(kind: Kind, size: number): void {
  const made = makeBook(kind, size)
  const name = `matching.${kind}.${size}`
  const before = bytesInUse()
  const { book, loadMs } = load(made)
  print({ name: `${name}.load`, value: loadMs, unit: 'ms' })
  print({ name: `${name}.memoryPerOrder`, value: (bytesInUse() - before) / size, unit: 'B' })
  const runs = size >= 1_000_000 ? 4 : 8
  const clearMs = least(runs, () => cpuMs(() => book.matchMake(made.context)))
  print({ name: `${name}.clear`, value: clearMs, unit: 'ms' })
  print({ name: `${name}.memoryPerOrderWithAttempt`, value: (bytesInUse() - before) / size, unit: 'B' })
  const outcome = book.matchMake(made.context)
  print({ name: `${name}.matches`, value: outcome.matches.length, unit: 'count' })
  measureUpdates(name, made, book)
  // The first merge brings the columns that the later ones use in turn.
  book.matchMake(made.context)
  const again = least(runs, () => {
    for (let i = 0; i < 100; i++) book.put(made.another())
    return cpuMs(() => book.matchMake(made.context))
  })
  print({ name: `${name}.clearAfterUpdates`, value: again, unit: 'ms' })
  if (size > PLAIN_LIMIT) return
  const plainMs = cpuMs(() => matchMake(made.orders, made.context))
  print({ name: `${name}.plainPass`, value: plainMs / clearMs, unit: 'ratio', ratioTo: `${name}.clear` })
}

function load(made: BenchBook) {
  let book = new MatchingBook()
  const loadMs = cpuMs(() => {
    book = MatchingBook.from(made.orders)
    book.settle()
  })
  return { book, loadMs }
}

function bytesInUse(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function measureUpdates(name: string, made: BenchBook, book: MatchingBook): void {
  const added = Array.from({ length: UPDATES }, () => made.another())
  const step = Math.max(1, Math.floor(made.orders.length / UPDATES))
  const touched = made.orders.filter((_, index) => index % step === 0)
  const filled = touched.map((entry): BookOrder => ({ ...entry, unitsUnfulfilled: supplyUnits(1) }))
  const each = (what: string, count: number, work: () => void): void =>
    print({ name: `${name}.${what}`, value: (cpuMs(work) * 1000) / count, unit: 'us' })
  each('submit', added.length, () => {
    for (const entry of added) book.put(entry)
  })
  each('partialFill', filled.length, () => {
    for (const entry of filled) book.put(entry)
  })
  each('cancel', touched.length, () => {
    for (const { order } of touched) book.remove(order.nonce)
  })
}
