import { expect } from 'vitest'
import type { Transaction } from '@tidepool/crypto'
import { untilOpen } from './words/accounts.ts'
import type { BumpAnswer, StatusAnswer } from './words/answers.ts'
import { batchesOf, confirmBatch, heightOf, runAuction, runBatch, untilPublished } from './words/auction.ts'
import { published } from './words/balances.ts'
import { assertChained, beginChain, chainBatch, CHAINED_AMOUNT, CHAINED_PRICES } from './words/chained.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { lineOf, rateOf } from './words/line.ts'
import type { Market } from './words/market.ts'
import { submitBid } from './words/orders.ts'

/** What a bump pays for all that waits, and in sat per 1000 weight. */
const SAT_PER_VBYTE = 40n
const WANTED = SAT_PER_VBYTE * 250n

/**
 * Three batches wait for a block, each built on the one before; then they are as many as may. The operator bumps them:
 * all together pay what was asked for, and one block takes them.
 */
export async function stuckChain(market: Market): Promise<void> {
  const { auctioneer } = market
  await auctioneer.stop()
  await auctioneer.start(['--auction.max-unconfirmed=3'])
  const chained = await beginChain(market)
  const { maker, taker, batches } = chained
  for (const rate of CHAINED_PRICES) await chainBatch(market, chained, rate)
  const late = await submitBid(taker, { amount: CHAINED_AMOUNT, rate: 1_000 })
  const { run } = await runAuction(market)
  expect(run).toMatchObject({ outcome: 'held_back', attempts: [] })
  expect(run.detail).toContain('3 of our transactions wait for a block')

  const { txid: bump, fee_sat: fee } = await bumpBy(market, SAT_PER_VBYTE)
  await assertPackage(market, [...batches.map((batch) => batch.txid), bump])
  const [newest] = batches.toReversed()
  if (newest === undefined) throw new Error('no batch')
  const height = await confirmBatch(market, newest)
  for (const id of [...batches.map((batch) => batch.txid), bump]) expect(await heightOf(market, id)).toBe(height)
  const { master_account: master } = (await auctioneer.ctl('status')) as StatusAnswer
  expect(master).toMatchObject({
    txid: bump,
    value_sat: (BigInt(newest.master_value_after_sat) - BigInt(fee)).toString(),
  })
  await assertChained(market, chained)
  expect((await batchesOf(market)).slice(0, 3).every(({ state }) => state === 'confirmed')).toBe(true)

  // The order that was held back trades on top of the bump.
  const after = await runBatch(market)
  expect(after.matches).toMatchObject([{ bid_nonce: late.nonce }])
  expect(inputTxids(await published(market, after.txid))).toContain(bump)
  await confirmBatch(market, after)
  await auctioneer.stop()
  await auctioneer.start()
  for (const account of [maker, taker]) await untilOpen(market, account)
  await assertNothingLeft(market)
}

/** `auctionctl batches bump`, and its transaction in the mempool. */
export async function bumpBy(market: Market, satPerVByte: bigint): Promise<BumpAnswer> {
  const answer = (await market.auctioneer.ctl('batches', 'bump', `--sat_per_vbyte=${satPerVByte}`)) as BumpAnswer
  expect(answer.problem).toBe('')
  await untilPublished(market, answer.txid)
  return answer
}

/** What all of them pay for what all of them weigh. */
async function assertPackage(market: Market, ids: readonly string[]): Promise<void> {
  const rate = rateOf(await lineOf(market, ids))
  expect(rate).toBeGreaterThanOrEqual(WANTED)
  expect(rate).toBeLessThanOrEqual(WANTED + WANTED / 100n)
}

const inputTxids = (transaction: Transaction): readonly string[] =>
  transaction.inputs.map((input) => input.prevout.txid)
