import { expect } from 'vitest'
import { accountOf, fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import { afterLeasingIn, afterLeasingOut, type Deal } from './words/arithmetic.ts'
import { confirmBatch, runAuction, runBatch, untilSettled } from './words/auction.ts'
import { assertBalance, assertConserved } from './words/balances.ts'
import { assertLease } from './words/leases.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, submitAsk, submitBid } from './words/orders.ts'

/** Moments at which the trader that opens the channels dies without its signature. */
export const MAKER_DEATHS = ['after-prepare', 'after-channels', 'before-sign'] as const

const MAKER = { value: 2_000_000n, version: 1 } as const
const TAKER = { value: 1_000_000n, version: 2 } as const
const DEAL: Deal = { units: 3, pricePpb: 1_000, blocks: LEASE_BLOCKS }

/**
 * Alice alone leases out, and dies: there is no batch, and the channel that both nodes may have begun is gone from both.
 * Back again, she trades in the next auction.
 */
export async function makerKilled(market: Market, death: (typeof MAKER_DEATHS)[number]): Promise<void> {
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [maker, taker] = await fundAccounts(market, { trader: alice, ...MAKER }, { trader: bob, ...TAKER })
  const ask = await submitAsk(maker, { amount: 300_000n, rate: 800 })
  const bid = await submitBid(taker, { amount: 300_000n, rate: DEAL.pricePpb })
  await alice.stop()
  await alice.start([`--debug.exit-at=${death}`])
  await untilOpen(market, maker)

  const { run, batch: none } = await runAuction(market)
  await alice.process.ended()
  expect([none, run.outcome]).toEqual([undefined, 'nothing_to_match'])
  expect(run.attempts[0]?.failures.map(({ code }) => code)).toContain('stream_lost')
  await untouched(taker)
  await alice.start()
  await untilOpen(market, maker)
  expect(await accountOf(maker)).toMatchObject({ value: Number(MAKER.value), state: 'OPEN' })
  await assertNothingLeft(market)

  const batch = await runBatch(market)
  await untilSettled(batch, maker, taker)
  await confirmBatch(market, batch)
  await assertLease(market, batch, { ask, bid, deal: DEAL })
  const rate = BigInt(batch.fee_rate_sat_per_kw)
  await assertBalance(market, batch, { account: maker, value: afterLeasingOut(MAKER, [DEAL], rate) })
  await assertBalance(market, batch, { account: taker, value: afterLeasingIn(TAKER, [DEAL], rate) })
  await assertConserved(market, batch)
  await assertNothingLeft(market)
}

const untouched = async (account: OpenAccount): Promise<void> => {
  expect(await accountOf(account)).toMatchObject({ value: Number(TAKER.value), state: 'OPEN' })
}
