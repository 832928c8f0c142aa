import { expect } from 'vitest'
import { fundAccounts, untilOpen } from './words/accounts.ts'
import { afterLeasingIn, afterLeasingOut, type Deal } from './words/arithmetic.ts'
import { confirmBatch, heightOf, runBatch, untilPublished, untilSettled } from './words/auction.ts'
import { assertBalance, assertConserved, published } from './words/balances.ts'
import { assertLease } from './words/leases.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, submitAsk, submitBid } from './words/orders.ts'

const MAKER = { value: 3_000_000n, version: 2 } as const
const TAKER = { value: 1_500_000n, version: 0 } as const

/** A second batch spends the outputs of the first while that one still waits for a block. */
export async function chainedBatch(market: Market): Promise<void> {
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [maker, taker] = await fundAccounts(market, { trader: alice, ...MAKER }, { trader: bob, ...TAKER })
  const ask = await submitAsk(maker, { amount: 1_000_000n, rate: 900 })
  const firstBid = await submitBid(taker, { amount: 200_000n, rate: 1_100 })
  const first = await runBatch(market)
  await untilPublished(market, first.txid)
  await untilSettled(first, maker, taker)

  const secondBid = await submitBid(taker, { amount: 400_000n, rate: 950 })
  const second = await runBatch(market)
  await untilSettled(second, maker, taker)
  const spends = (await published(market, second.txid)).inputs.map((input) => input.prevout.txid)
  expect(new Set(spends)).toEqual(new Set([first.txid]))
  expect(second.batch_id).not.toBe(first.batch_id)

  const height = await confirmBatch(market, second)
  expect(await heightOf(market, first.txid)).toBe(height)
  const two: Deal = { units: 2, pricePpb: 1_100, blocks: LEASE_BLOCKS }
  const four: Deal = { units: 4, pricePpb: 950, blocks: LEASE_BLOCKS }
  await assertLease(market, first, { ask, bid: firstBid, deal: two })
  await assertLease(market, second, { ask, bid: secondBid, deal: four })

  const rates = [first, second].map((batch) => BigInt(batch.fee_rate_sat_per_kw))
  const [rate1 = 0n, rate2 = 0n] = rates
  const makerNow = afterLeasingOut({ ...MAKER, value: afterLeasingOut(MAKER, [two], rate1) }, [four], rate2)
  const takerNow = afterLeasingIn({ ...TAKER, value: afterLeasingIn(TAKER, [two], rate1) }, [four], rate2)
  await assertBalance(market, second, { account: maker, value: makerNow })
  await assertBalance(market, second, { account: taker, value: takerNow })
  await assertConserved(market, first)
  await assertConserved(market, second)
  for (const account of [maker, taker]) await untilOpen(market, account)
}
