import { expect } from 'vitest'
import { txid } from '@tidepool/crypto'
import { until } from '../harness/until.ts'
import { fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import type { BatchAnswer, StatusAnswer } from './words/answers.ts'
import {
  batchesOf,
  confirmBatch,
  heightOf,
  runAuction,
  runBatch,
  untilPublished,
  untilSettled,
} from './words/auction.ts'
import { assertConserved } from './words/balances.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { lineOf } from './words/line.ts'
import { restartAuctioneer, type Market } from './words/market.ts'
import { clearBook, submitAsk, submitBid } from './words/orders.ts'

/** Room for two batches, not for three. */
const THOUSANDS = 1
const LIMIT = THOUSANDS * 1_000
const AMOUNT = 100_000n

interface Pair {
  readonly maker: OpenAccount
  readonly taker: OpenAccount
}

/**
 * A mempool with a limit a hundred times smaller than usual. The auctioneer that knows it stops before the third batch,
 * with its reason; one that does not makes it, hears from the node that these are too many bytes, and has it taken after
 * the next block.
 */
export async function tooManyBytes(market: Market, limit: (thousands: number) => Promise<void>): Promise<void> {
  await limit(THOUSANDS)
  await restartAuctioneer(market, `--auction.max-unconfirmed-vsize=${LIMIT}`)
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [maker, taker] = await fundAccounts(
    market,
    { trader: alice, value: 2_000_000n, version: 2 },
    { trader: bob, value: 2_000_000n, version: 2 },
  )
  const pair = { maker, taker }
  await submitAsk(maker, { amount: 5n * AMOUNT, rate: 500 })
  const known = await twoBatches(market, pair)
  await submitBid(taker, { amount: AMOUNT, rate: 1_000 })
  const { run } = await runAuction(market)
  expect(run).toMatchObject({ outcome: 'held_back', attempts: [] })
  expect(run.detail).toContain(`virtual bytes of ours would wait for a block and nodes relay ${LIMIT}`)
  await confirmAll(market, pair, known)

  // Its one order is the third bid; the limit is the usual one again.
  await restartAuctioneer(market)
  for (const account of [maker, taker]) await untilOpen(market, account)
  const [first, second] = [await made(market, pair, await runBatch(market)), await trade(market, pair)]
  await submitBid(taker, { amount: AMOUNT, rate: 1_000 })
  const third = runBatch(market)
  await until('the node refuses the third', async () => (await problem(market)).includes('too long mempool chain'))
  const [refused] = await batchesOf(market)
  if (refused === undefined) throw new Error('no batch')
  expect(await market.stack.chain.mempool()).not.toContain(txid(refused.txid))
  const height = await market.stack.mine(1)
  for (const batch of [first, second]) expect(await heightOf(market, batch.txid)).toBe(height)
  expect((await third).txid).toBe(refused.txid)
  await untilPublished(market, refused.txid)
  await until('nothing is refused', async () => (await problem(market)) === '')
  await confirmAll(market, pair, [first, second, await third])
  await assertNothingLeft(market)
}

const problem = async ({ auctioneer }: Market): Promise<string> =>
  ((await auctioneer.ctl('status')) as StatusAnswer).unconfirmed.problem

/** Together within the limit, and in the mempool, which counts the same. */
async function twoBatches(market: Market, pair: Pair): Promise<readonly BatchAnswer[]> {
  const batches = [await trade(market, pair), await trade(market, pair)]
  const { virtualSize } = await lineOf(
    market,
    batches.map((batch) => batch.txid),
  )
  expect(virtualSize).toBeLessThanOrEqual(LIMIT)
  return batches
}

async function trade(market: Market, pair: Pair): Promise<BatchAnswer> {
  await submitBid(pair.taker, { amount: AMOUNT, rate: 1_000 })
  return made(market, pair, await runBatch(market))
}

async function made(market: Market, { maker, taker }: Pair, batch: BatchAnswer): Promise<BatchAnswer> {
  await untilSettled(batch, maker, taker)
  await untilPublished(market, batch.txid)
  return batch
}

async function confirmAll(market: Market, { maker, taker }: Pair, batches: readonly BatchAnswer[]): Promise<void> {
  const newest = batches.at(-1)
  if (newest === undefined) throw new Error('no batch')
  await confirmBatch(market, newest)
  for (const account of [maker, taker]) await untilOpen(market, account)
  for (const batch of batches) await assertConserved(market, batch)
}
