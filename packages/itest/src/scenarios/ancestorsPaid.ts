import { expect } from 'vitest'
import { txid } from '@tidepool/crypto'
import type { MempoolFloor } from './evictedBatch.ts'
import { untilOpen } from './words/accounts.ts'
import type { BatchAnswer, StatusAnswer } from './words/answers.ts'
import { confirmBatch, heightOf, runAuction, runBatch } from './words/auction.ts'
import { assertChained, beginChain, chainBatch, CHAINED_AMOUNT, CHAINED_PRICES, type Chained } from './words/chained.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { lineOf, rateOf, type Line } from './words/line.ts'
import { restartAuctioneer, type Market } from './words/market.ts'
import { submitBid } from './words/orders.ts'
import { whyOf } from './words/why.ts'

/** In sat per 1000 weight: what nobody mines, and what all that waits shall pay together. */
const STUCK = 500n
const WANTED = 5_000n
const USUAL = 2_500n
/** By which a batch raises its own rate until that is so. */
const STEP = 250n
/** In sat/vB: more than the first batches pay, less than all three together. */
const FLOOR = 15n
/** In virtual bytes: room for three batches, not for four. */
const MOST_BYTES = 1_400
const THRIFTY = '--max_batch_fee_rate=30'

/**
 * Two batches pay what is soon next to nothing, and wait. The third pays for those before it as well; an order that would not
 * sits it out. A fourth would make more bytes than may wait, and is not begun. The mempool fills up with what pays more than
 * the first two do alone: all three stay, and the next block takes them.
 */
export async function ancestorsPaid(market: Market, crowd: MempoolFloor): Promise<void> {
  await restartAuctioneer(market, `--auction.max-unconfirmed-vsize=${MOST_BYTES}`)
  const cast = await beginChain(market)
  const { maker, taker, batches, bids } = cast
  await market.stack.setFeeRate(STUCK)
  for (const rate of CHAINED_PRICES.slice(0, 2)) {
    const batch = await chainBatch(market, cast, rate)
    expect(batch.fee_rate_sat_per_kw).toBe(String(STUCK))
  }
  expect(rateOf(await lineOf(market, txidsOf(batches)))).toBeLessThan(STUCK + STUCK / 10n)

  await market.stack.setFeeRate(WANTED)
  const thrifty = await submitBid(taker, { amount: CHAINED_AMOUNT, rate: CHAINED_PRICES[2], flags: [THRIFTY] })
  const third = await chainBatch(market, cast, CHAINED_PRICES[2])
  expect(third.matches).toMatchObject([{ bid_nonce: bids[2]?.nonce }])
  expect((await whyOf(market, thrifty)).verdict?.code).toBe('fee_rate_above_maximum')
  expect(BigInt(third.fee_rate_sat_per_kw)).toBeGreaterThan(2n * WANTED)
  const line = await lineOf(market, txidsOf(batches))
  expect(rateOf(line)).toBeGreaterThanOrEqual(WANTED)
  expect(rateOf(line)).toBeLessThan(WANTED + STEP)
  await heldBackByBytes(market, line)

  await oneBlockTakes(market, txidsOf(batches), crowd)
  await market.stack.mine(5)
  for (const account of [maker, taker]) await untilOpen(market, account)
  await assertOutcome(market, cast)
  // With nothing before it the next one pays what is wanted and no more, and the thrifty order takes part.
  const next = await runBatch(market)
  expect(next).toMatchObject({ fee_rate_sat_per_kw: String(WANTED), matches: [{ bid_nonce: thrifty.nonce }] })
  await confirmBatch(market, next)
  await market.stack.setFeeRate(USUAL)
  await restartAuctioneer(market)
  for (const account of [maker, taker]) await untilOpen(market, account)
  await assertNothingLeft(market)
}

/** Before anyone is asked, and with the bytes it would have made; what waits is what waited. */
async function heldBackByBytes(market: Market, { virtualSize }: Line): Promise<void> {
  expect(virtualSize).toBeLessThanOrEqual(MOST_BYTES)
  const before = await market.stack.chain.mempool()
  const { run } = await runAuction(market)
  expect(run).toMatchObject({ outcome: 'held_back', attempts: [] })
  const said = /with this batch (\d+) virtual bytes of ours would wait for a block and nodes relay (\d+)/.exec(
    run.detail,
  )
  expect(Number(said?.[1])).toBeGreaterThan(MOST_BYTES)
  expect(Number(said?.[2])).toBe(MOST_BYTES)
  expect(await market.stack.chain.mempool()).toEqual(before)
}

async function oneBlockTakes(market: Market, ids: readonly string[], crowd: MempoolFloor): Promise<void> {
  await crowd.raise(FLOOR)
  expect(await market.stack.chain.mempool()).toEqual(expect.arrayContaining(ids.map(txid)))
  const height = await market.stack.mine(1)
  for (const id of ids) expect(await heightOf(market, id)).toBe(height)
  await crowd.drop()
}

/** The auctioneer has what is left, too. */
async function assertOutcome(market: Market, cast: Chained): Promise<void> {
  const newest = await assertChained(market, cast)
  const { master_account: master } = (await market.auctioneer.ctl('status')) as StatusAnswer
  expect(master).toMatchObject({ txid: newest.txid, value_sat: newest.master_value_after_sat })
}

const txidsOf = (batches: readonly BatchAnswer[]): readonly string[] => batches.map((batch) => batch.txid)
