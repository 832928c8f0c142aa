import { expect } from 'vitest'
import { fundAccounts } from './words/accounts.ts'
import { afterLeasingIn, afterLeasingOut, type Deal } from './words/arithmetic.ts'
import { confirmBatch, runBatch, untilSettled } from './words/auction.ts'
import { assertBalance, assertConserved } from './words/balances.ts'
import { assertLease } from './words/leases.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, orderOf, submitAsk, submitBid } from './words/orders.ts'

/** One maker leases to two takers in one batch; the three accounts are of the three versions. */
export async function firstLease(market: Market): Promise<void> {
  const [alice, bob, carol] = await market.traders('alice', 'bob', 'carol')
  await clearBook(market)
  const [maker, smaller, larger] = await fundAccounts(
    market,
    { trader: alice, value: 3_000_000n, version: 0 },
    { trader: bob, value: 1_000_000n, version: 2 },
    { trader: carol, value: 2_000_000n, version: 1 },
  )
  const ask = await submitAsk(maker, { amount: 1_000_000n, rate: 1_000 })
  const eager = await submitBid(smaller, { amount: 300_000n, rate: 1_500 })
  const modest = await submitBid(larger, { amount: 500_000n, rate: 1_200 })

  const batch = await runBatch(market)
  await untilSettled(batch, maker, smaller, larger)
  await confirmBatch(market, batch)

  // The last bid accepted makes the price for all.
  const three: Deal = { units: 3, pricePpb: 1_200, blocks: LEASE_BLOCKS }
  const five: Deal = { ...three, units: 5 }
  expect(batch.matches).toHaveLength(2)
  expect(batch.clearing_prices).toEqual({ [LEASE_BLOCKS]: 1_200 })
  await assertLease(market, batch, { ask, bid: eager, deal: three })
  await assertLease(market, batch, { ask, bid: modest, deal: five })

  const rate = BigInt(batch.fee_rate_sat_per_kw)
  const balances = [
    { account: maker, value: afterLeasingOut({ value: 3_000_000n, version: 0 }, [three, five], rate) },
    { account: smaller, value: afterLeasingIn({ value: 1_000_000n, version: 2 }, [three], rate) },
    { account: larger, value: afterLeasingIn({ value: 2_000_000n, version: 1 }, [five], rate) },
  ]
  for (const balance of balances) await assertBalance(market, batch, balance)
  await assertConserved(market, batch)

  expect(await orderOf(ask)).toMatchObject({ state: 'ORDER_PARTIALLY_FILLED', units_unfulfilled: 2 })
  expect(await orderOf(eager)).toMatchObject({ state: 'ORDER_EXECUTED', units_unfulfilled: 0 })
}
