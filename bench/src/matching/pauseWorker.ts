import { parentPort } from 'node:worker_threads'
import { MatchingBook } from '@tidepool/market'
import { makeBook } from './books.ts'

const { orders, context } = makeBook('realistic', 1_000_000)
const book = MatchingBook.from(orders)
book.settle()
parentPort?.on('message', () => {
  const { matches } = book.matchMake(context)
  parentPort?.postMessage(matches.length)
})
parentPort?.postMessage('ready')
