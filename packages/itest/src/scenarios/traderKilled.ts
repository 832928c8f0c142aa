import { expect } from 'vitest'
import { accountOf, fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import type { BatchAnswer } from './words/answers.ts'
import { afterLeasingIn, type Deal } from './words/arithmetic.ts'
import { confirmBatch, runBatch, untilSettled } from './words/auction.ts'
import { assertBalance, assertConserved } from './words/balances.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { assertLease } from './words/leases.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, orderOf, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'
import { pendingChannels } from './words/pending.ts'

/** Moments of a batch at which poold can be told to end at once; see its `--debug.exit-at`. */
export const DEATHS_BEFORE_SIGNING = [
  'after-prepare',
  'after-accept',
  'after-sign-begin',
  'after-channels',
  'before-sign',
] as const
/** Her signature may or may not have left the house; when Finalize comes, it has. */
export const DEATHS_AFTER_SIGNING = ['after-sign', 'before-finalize'] as const
export type Death = (typeof DEATHS_BEFORE_SIGNING | typeof DEATHS_AFTER_SIGNING)[number]

const TAKER = { value: 1_000_000n, version: 2 } as const
const BOBS: Deal = { units: 2, pricePpb: 1_000, blocks: LEASE_BLOCKS }
const CAROLS: Deal = { units: 3, pricePpb: 1_300, blocks: LEASE_BLOCKS }

interface Three {
  readonly ask: PlacedOrder
  readonly bobs: PlacedOrder
  readonly carols: PlacedOrder
  readonly maker: OpenAccount
  readonly steady: OpenAccount
  readonly unlucky: OpenAccount
}

/** Carol accepts a batch and dies before she signs; the others go on, and she comes back to an intact account. */
export const traderKilled = (market: Market): Promise<void> => traderDies(market, 'after-sign-begin')

/** Whenever Carol dies: the others trade, and she comes back to what she had or to what she signed for. */
export async function traderDies(market: Market, death: Death): Promise<void> {
  const three = await prepare(market)
  const carol = await market.trader('carol')
  const pendingBefore = await pendingChannels(market, 'carol')
  await carol.stop()
  await carol.start([`--debug.exit-at=${death}`])
  await untilOpen(market, three.unlucky)

  const batch = await runBatch(market)
  await carol.process.ended()
  await untilSettled(batch, three.maker, three.steady)
  await confirmBatch(market, batch)
  await assertConserved(market, batch)
  await carol.start()
  await untilOpen(market, three.unlucky)

  const traded = batch.matches.length === 2
  if (death !== 'after-sign') expect(traded).toBe(death === 'before-finalize')
  if (traded) {
    await assertSheTraded(market, batch, three)
    return assertNothingLeft(market)
  }
  expect(batch).toMatchObject({ num_attempts: 2, matches: [{ bid_nonce: three.bobs.nonce }] })
  await assertLease(market, batch, { ask: three.ask, bid: three.bobs, deal: BOBS })
  expect(await accountOf(three.unlucky)).toMatchObject({ value: Number(TAKER.value), state: 'OPEN' })
  expect(await orderOf(three.carols)).toMatchObject({ state: 'ORDER_SUBMITTED', units_unfulfilled: 3 })
  expect(await pendingChannels(market, 'carol')).toEqual(pendingBefore)
  const next = await runBatch(market)
  await confirmBatch(market, next)
  await assertSheTraded(market, next, three)
  await assertNothingLeft(market)
}

async function prepare(market: Market): Promise<Three> {
  const [alice, bob, carol] = await market.traders('alice', 'bob', 'carol')
  await clearBook(market)
  const [maker, steady, unlucky] = await fundAccounts(
    market,
    { trader: alice, value: 2_000_000n, version: 2 },
    { trader: bob, ...TAKER },
    { trader: carol, ...TAKER },
  )
  const ask = await submitAsk(maker, { amount: 600_000n, rate: 800 })
  const bobs = await submitBid(steady, { amount: 200_000n, rate: BOBS.pricePpb })
  const carols = await submitBid(unlucky, { amount: 300_000n, rate: CAROLS.pricePpb })
  return { ask, bobs, carols, maker, steady, unlucky }
}

/** Beside Bob the lower of both bids makes the price, alone her own does. */
async function assertSheTraded(market: Market, batch: BatchAnswer, { ask, carols, unlucky }: Three): Promise<void> {
  const deal = { ...CAROLS, pricePpb: batch.matches.length === 2 ? BOBS.pricePpb : CAROLS.pricePpb }
  await untilSettled(batch, unlucky)
  await assertLease(market, batch, { ask, bid: carols, deal })
  const value = afterLeasingIn(TAKER, [deal], BigInt(batch.fee_rate_sat_per_kw))
  await assertBalance(market, batch, { account: unlucky, value })
}
