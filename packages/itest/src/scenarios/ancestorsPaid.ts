import { expect } from 'vitest'
import { txid } from '@tidepool/crypto'
import type { MempoolFloor } from './evictedBatch.ts'
import { fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import type { BatchAnswer, StatusAnswer } from './words/answers.ts'
import { afterLeasingIn, afterLeasingOut, type Deal } from './words/arithmetic.ts'
import { confirmBatch, heightOf, runAuction, runBatch, untilPublished, untilSettled } from './words/auction.ts'
import { assertBalance, assertConserved } from './words/balances.ts'
import { assertLease } from './words/leases.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { lineOf, rateOf, type Line } from './words/line.ts'
import { restartAuctioneer, type Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'
import { whyOf } from './words/why.ts'

const MAKER = { value: 3_000_000n, version: 2 } as const
const TAKER = { value: 1_500_000n, version: 1 } as const
const PRICES = [1_100, 1_000, 950] as const
const AMOUNT = 200_000n
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
  const cast = await prepare(market)
  const { maker, taker, batches, bids } = cast
  await market.stack.setFeeRate(STUCK)
  for (const rate of PRICES.slice(0, 2)) {
    const batch = await trade(market, cast, rate)
    expect(batch.fee_rate_sat_per_kw).toBe(String(STUCK))
  }
  expect(rateOf(await lineOf(market, txidsOf(batches)))).toBeLessThan(STUCK + STUCK / 10n)

  await market.stack.setFeeRate(WANTED)
  const thrifty = await submitBid(taker, { amount: AMOUNT, rate: PRICES[2], flags: [THRIFTY] })
  const third = await trade(market, cast, PRICES[2])
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

interface Cast {
  readonly maker: OpenAccount
  readonly taker: OpenAccount
  readonly ask: PlacedOrder
  readonly bids: PlacedOrder[]
  readonly batches: BatchAnswer[]
}

async function prepare(market: Market): Promise<Cast> {
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [maker, taker] = await fundAccounts(market, { trader: alice, ...MAKER }, { trader: bob, ...TAKER })
  const ask = await submitAsk(maker, { amount: 1_200_000n, rate: 900 })
  return { maker, taker, ask, bids: [], batches: [] }
}

async function trade(market: Market, { maker, taker, bids, batches }: Cast, rate: number): Promise<BatchAnswer> {
  bids.push(await submitBid(taker, { amount: AMOUNT, rate }))
  const batch = await runBatch(market)
  await untilSettled(batch, maker, taker)
  await untilPublished(market, batch.txid)
  batches.push(batch)
  return batch
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

/** Each batch charged its own rate, the raised one too; the auctioneer has what is left. */
async function assertOutcome(market: Market, { maker, taker, ask, bids, batches }: Cast): Promise<void> {
  let [makerNow, takerNow] = [MAKER.value, TAKER.value] as [bigint, bigint]
  for (const [i, batch] of batches.entries()) {
    const deal: Deal = { units: 2, pricePpb: PRICES[i] ?? 0, blocks: LEASE_BLOCKS }
    const bid = bids[i]
    if (bid === undefined) throw new Error('a batch without its bid')
    await assertLease(market, batch, { ask, bid, deal })
    await assertConserved(market, batch)
    const rate = BigInt(batch.fee_rate_sat_per_kw)
    makerNow = afterLeasingOut({ ...MAKER, value: makerNow }, [deal], rate)
    takerNow = afterLeasingIn({ ...TAKER, value: takerNow }, [deal], rate)
  }
  const newest = batches.at(-1)
  if (newest === undefined) throw new Error('no batch')
  await assertBalance(market, newest, { account: maker, value: makerNow })
  await assertBalance(market, newest, { account: taker, value: takerNow })
  const { master_account: master } = (await market.auctioneer.ctl('status')) as StatusAnswer
  expect(master).toMatchObject({ txid: newest.txid, value_sat: newest.master_value_after_sat })
}

const txidsOf = (batches: readonly BatchAnswer[]): readonly string[] => batches.map((batch) => batch.txid)
