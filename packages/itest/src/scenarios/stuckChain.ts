import { expect } from 'vitest'
import type { Transaction } from '@tidepool/crypto'
import { fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import type { BatchAnswer, BumpAnswer, StatusAnswer } from './words/answers.ts'
import { afterLeasingIn, afterLeasingOut, type Deal } from './words/arithmetic.ts'
import {
  batchesOf,
  confirmBatch,
  heightOf,
  runAuction,
  runBatch,
  untilPublished,
  untilSettled,
} from './words/auction.ts'
import { assertBalance, assertConserved, published } from './words/balances.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { assertLease } from './words/leases.ts'
import { lineOf, rateOf } from './words/line.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'

const MAKER = { value: 3_000_000n, version: 2 } as const
const TAKER = { value: 1_500_000n, version: 1 } as const
const PRICES = [1_100, 1_000, 950] as const
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
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [maker, taker] = await fundAccounts(market, { trader: alice, ...MAKER }, { trader: bob, ...TAKER })
  const ask = await submitAsk(maker, { amount: 1_200_000n, rate: 900 })
  const bids: PlacedOrder[] = []
  const batches: BatchAnswer[] = []
  for (const rate of PRICES) {
    bids.push(await submitBid(taker, { amount: 200_000n, rate }))
    const batch = await runBatch(market)
    await untilSettled(batch, maker, taker)
    batches.push(batch)
  }
  const late = await submitBid(taker, { amount: 200_000n, rate: 1_000 })
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
  await assertOutcome(market, { maker, taker, ask, bids, batches })

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

interface Outcome {
  readonly maker: OpenAccount
  readonly taker: OpenAccount
  readonly ask: PlacedOrder
  readonly bids: readonly PlacedOrder[]
  readonly batches: readonly BatchAnswer[]
}

async function assertOutcome(market: Market, { maker, taker, ask, bids, batches }: Outcome): Promise<void> {
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
  const [newest] = batches.toReversed()
  if (newest === undefined) throw new Error('no batch')
  await assertBalance(market, newest, { account: maker, value: makerNow })
  await assertBalance(market, newest, { account: taker, value: takerNow })
  expect((await batchesOf(market)).slice(0, 3).every(({ state }) => state === 'confirmed')).toBe(true)
}

const inputTxids = (transaction: Transaction): readonly string[] =>
  transaction.inputs.map((input) => input.prevout.txid)
