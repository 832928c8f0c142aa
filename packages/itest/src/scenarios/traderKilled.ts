import { expect } from 'vitest'
import { accountOf, fundAccounts, untilOpen } from './words/accounts.ts'
import { afterLeasingIn, type Deal } from './words/arithmetic.ts'
import { confirmBatch, runBatch, untilSettled } from './words/auction.ts'
import { assertBalance, assertConserved } from './words/balances.ts'
import { assertLease } from './words/leases.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, orderOf, submitAsk, submitBid } from './words/orders.ts'
import { pendingChannels } from './words/pending.ts'

const TAKER = { value: 1_000_000n, version: 2 } as const

/** Carol accepts a batch and dies before she signs; the others go on, and she comes back to an intact account. */
export async function traderKilled(market: Market): Promise<void> {
  const [alice, bob, carol] = await market.traders('alice', 'bob', 'carol')
  await clearBook(market)
  const [maker, steady, unlucky] = await fundAccounts(
    market,
    { trader: alice, value: 2_000_000n, version: 2 },
    { trader: bob, ...TAKER },
    { trader: carol, ...TAKER },
  )
  const ask = await submitAsk(maker, { amount: 600_000n, rate: 800 })
  const bobs = await submitBid(steady, { amount: 200_000n, rate: 1_000 })
  const carols = await submitBid(unlucky, { amount: 300_000n, rate: 1_300 })
  const before = await pendingChannels(market, 'carol')
  await carol.stop()
  await carol.start(['--debug.exit-at=after-sign-begin'])
  await untilOpen(market, unlucky)

  const batch = await runBatch(market)
  await carol.process.ended()
  expect(batch.matches).toHaveLength(1)
  expect(batch.num_attempts).toBe(2)
  await untilSettled(batch, maker, steady)
  await confirmBatch(market, batch)
  await assertLease(market, batch, { ask, bid: bobs, deal: deal(2, 1_000) })
  await assertConserved(market, batch)

  await carol.start()
  await untilOpen(market, unlucky)
  expect(await accountOf(unlucky)).toMatchObject({ value: Number(TAKER.value), state: 'OPEN' })
  expect(await orderOf(carols)).toMatchObject({ state: 'ORDER_SUBMITTED', units_unfulfilled: 3 })
  expect(await pendingChannels(market, 'carol')).toEqual(before)

  const next = await runBatch(market)
  await untilSettled(next, maker, unlucky)
  await confirmBatch(market, next)
  await assertLease(market, next, { ask, bid: carols, deal: deal(3, 1_300) })
  const value = afterLeasingIn(TAKER, [deal(3, 1_300)], BigInt(next.fee_rate_sat_per_kw))
  await assertBalance(market, next, { account: unlucky, value })
}

const deal = (units: number, pricePpb: number): Deal => ({ units, pricePpb, blocks: LEASE_BLOCKS })
