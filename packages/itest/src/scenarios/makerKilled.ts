import { expect } from 'vitest'
import { fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import type { BatchAnswer } from './words/answers.ts'
import type { Deal } from './words/arithmetic.ts'
import { confirmBatch, runBatch, untilSettled } from './words/auction.ts'
import { assertConserved } from './words/balances.ts'
import { diesInAuction } from './words/deaths.ts'
import { AFTER_SIGNING, BEFORE_SIGNING } from './words/moments.ts'
import { assertLease } from './words/leases.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, orderOf, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'
import { RunningBalance } from './words/runningBalance.ts'

const MAKER = { value: 3_000_000n, version: 1 } as const
const TAKER = { value: 2_000_000n, version: 2 } as const
const DEAL: Deal = { units: 3, pricePpb: 1_000, blocks: LEASE_BLOCKS }
const AMOUNT = 300_000n

interface Pair {
  readonly maker: OpenAccount
  readonly taker: OpenAccount
  readonly balances: Readonly<Record<'maker' | 'taker', RunningBalance>>
}

interface Orders {
  readonly ask: PlacedOrder
  readonly bid: PlacedOrder
}

/**
 * Alice alone leases out, and dies at every stage of a batch. Before she signed there is none, and orders and accounts
 * are as they were; later it is made without her, and she finds it when she is back. The same two then trade, and
 * nothing of what was given up is left on their nodes.
 */
export async function makerKilled(market: Market): Promise<void> {
  const pair = await prepare(market)
  const orders = await submitBoth(pair)
  for (const death of BEFORE_SIGNING) await diesUnsigned(market, pair, orders, death)
  await assertTraded(market, await runBatch(market), pair, orders)
  await assertNothingLeft(market)
  for (const death of AFTER_SIGNING) await diesSigned(market, pair, death)
  await assertNothingLeft(market)
}

async function prepare(market: Market): Promise<Pair> {
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [maker, taker] = await fundAccounts(market, { trader: alice, ...MAKER }, { trader: bob, ...TAKER })
  const balances = {
    maker: new RunningBalance(maker, MAKER.value),
    taker: new RunningBalance(taker, TAKER.value),
  }
  return { maker, taker, balances }
}

const submitBoth = async ({ maker, taker }: Pair): Promise<Orders> => ({
  ask: await submitAsk(maker, { amount: AMOUNT, rate: 800 }),
  bid: await submitBid(taker, { amount: AMOUNT, rate: DEAL.pricePpb }),
})

async function diesUnsigned(market: Market, pair: Pair, { ask, bid }: Orders, death: string): Promise<void> {
  const { run, batch } = await diesInAuction(market, pair.maker, death)
  expect([death, batch, run.outcome]).toEqual([death, undefined, 'nothing_to_match'])
  expect(run.attempts[0]?.failures.map(({ code }) => code)).toContain('stream_lost')
  await pair.maker.trader.start()
  for (const account of [pair.maker, pair.taker]) await untilOpen(market, account)
  for (const balance of Object.values(pair.balances)) await balance.untouched()
  for (const order of [ask, bid]) {
    expect(await orderOf(order)).toMatchObject({ state: 'ORDER_SUBMITTED', units_unfulfilled: DEAL.units })
  }
}

/** Her last word may have been lost with her; then the next auction makes the batch. */
async function diesSigned(market: Market, pair: Pair, death: (typeof AFTER_SIGNING)[number]): Promise<void> {
  const orders = await submitBoth(pair)
  const { batch } = await diesInAuction(market, pair.maker, death)
  if (death === 'before-finalize') expect(batch).toBeDefined()
  await pair.maker.trader.start()
  await assertTraded(market, batch ?? (await batchOnceBack(market, pair)), pair, orders)
}

async function batchOnceBack(market: Market, { maker }: Pair): Promise<BatchAnswer> {
  await untilOpen(market, maker)
  return runBatch(market)
}

async function assertTraded(market: Market, batch: BatchAnswer, pair: Pair, orders: Orders): Promise<void> {
  await untilSettled(batch, pair.maker, pair.taker)
  await confirmBatch(market, batch)
  for (const account of [pair.maker, pair.taker]) await untilOpen(market, account)
  await assertLease(market, batch, { ...orders, deal: DEAL })
  await pair.balances.maker.traded(market, batch, { out: [DEAL] })
  await pair.balances.taker.traded(market, batch, { in: [DEAL] })
  await assertConserved(market, batch)
}
