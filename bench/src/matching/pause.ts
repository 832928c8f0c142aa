import { ThreadMatcher, type AttemptInput } from '@tidepool/auctioneer'
import {
  blockCount,
  INITIAL_BATCH_KEY,
  outPoint,
  pointFromSecret,
  pubKey,
  satoshi,
  satPerKWeight,
  sha256,
  toHex,
  txid,
} from '@tidepool/crypto'
import type { BookOrder } from '@tidepool/market'
import { print } from '../figure.ts'
import { makeBook, type BenchBook } from './books.ts'
import { pausesDuring, type Pauses } from './mainLoop.ts'

/** Changes of the book between two auctions. */
const CHANGES = 1000

/** The daemon's matcher with its thread: how long the main loop is away while a book of so many orders is cleared. */
export async function measurePause(size: number): Promise<void> {
  const made = makeBook('realistic', size)
  const orders = new Map(made.orders.map((entry) => [entry.order.nonce, entry]))
  const matcher = new ThreadMatcher()
  const name = `matching.realistic.${size}.inThread`
  const first = await pausesDuring(() => matcher.build(orders, () => inputFor(made)))
  printPauses(`${name}.first`, first)
  for (const entry of changesOf(made)) {
    orders.set(entry.order.nonce, entry)
    matcher.orderChanged(entry.order.nonce)
  }
  const began = performance.now()
  const next = await pausesDuring(() => matcher.build(orders, () => inputFor(made)))
  print({ name: `${name}.clear`, value: performance.now() - began, unit: 'ms' })
  printPauses(name, next)
  await matcher.stop()
}

function printPauses(name: string, { wallMs, workMs }: Pauses): void {
  print({ name: `${name}.longestMainLoopPause`, value: wallMs, unit: 'ms' })
  if (workMs !== undefined) print({ name: `${name}.longestMainLoopWork`, value: workMs, unit: 'ms' })
}

const changesOf = (made: BenchBook): readonly BookOrder[] => Array.from({ length: CHANGES }, () => made.another())

const MASTER = pubKey(toHex(pointFromSecret(sha256(Buffer.from('master')))))

function inputFor({ context }: BenchBook): Omit<AttemptInput, 'book'> {
  return {
    attempt: 1,
    match: context,
    construct: {
      batchId: INITIAL_BATCH_KEY,
      extendExpiry: blockCount(3024),
      upgradeTo: undefined,
      extraFee: satoshi(0),
    },
    master: {
      key: MASTER,
      batchKey: INITIAL_BATCH_KEY,
      outpoint: outPoint(txid('ff'.repeat(32)), 0),
      value: satoshi(1_000_000_000),
    },
    unconfirmed: { transactions: 0, weight: 0, virtualSize: 0, fee: 0n },
    chainLimits: { transactions: 20, virtualSize: 100_500 },
    maxFeeRate: satPerKWeight(50_000),
  }
}
