import { expect } from 'vitest'
import { until } from '../harness/until.ts'
import type { TraderDaemon } from '../harness/traderDaemon.ts'
import { accountOf, fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import type { RunAnswer } from './words/answers.ts'
import { afterLeasingIn, type Deal } from './words/arithmetic.ts'
import { confirmBatch, runAuction, untilSettled } from './words/auction.ts'
import { assertBalance, assertConserved } from './words/balances.ts'
import { freeze, thaw } from './words/freezing.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { assertLease } from './words/leases.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, orderOf, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'

const TAKER = { value: 1_000_000n, version: 1 } as const
const UNITS = 2
const AMOUNT = BigInt(UNITS) * 100_000n
/** Long enough for a real node to open a channel on a busy machine. */
const SHORT_STEPS = '--auction.step-timeout=10s'

interface Three {
  readonly ask: PlacedOrder
  readonly bobs: PlacedOrder
  readonly carols: PlacedOrder
  readonly maker: OpenAccount
  readonly steady: OpenAccount
  readonly frozen: OpenAccount
}

/**
 * Carol's daemon hangs. First the auctioneer, then Alice's daemon is asked to stop while everyone waits for Carol: both
 * end by themselves, and nothing has happened to orders and accounts. Then the others go on without Carol after the
 * time of one step; awake again, she trades in the next batch.
 */
export async function frozenTrader(market: Market): Promise<void> {
  const three = await prepare(market)
  const carol = await market.trader('carol')
  await stopsWaiting(market, three, carol)
  await makerStops(market, three, carol)

  freeze(carol)
  const { run, batch } = await runAuction(market)
  thaw(carol)
  if (batch === undefined) throw new Error(`no batch: ${JSON.stringify(run)}`)
  expect(run.attempts[0]?.failures).toMatchObject([
    { code: 'silent', detail: 'prepare', account_keys: [three.frozen.key] },
  ])
  expect(batch).toMatchObject({ num_attempts: 2, matches: [{ bid_nonce: three.bobs.nonce }] })
  await confirmBatch(market, batch)
  await assertLease(market, batch, { ask: three.ask, bid: three.bobs, deal: deal(1_000) })
  await assertConserved(market, batch)
  await untouched(three, three.carols)

  await untilOpen(market, three.frozen)
  const next = await until('Carol has caught up', async () => (await runAuction(market)).batch)
  await untilSettled(next, three.frozen)
  await confirmBatch(market, next)
  await assertLease(market, next, { ask: three.ask, bid: three.carols, deal: deal(1_500) })
  const value = afterLeasingIn(TAKER, [deal(1_500)], BigInt(next.fee_rate_sat_per_kw))
  await assertBalance(market, next, { account: three.frozen, value })
  await market.auctioneer.stop()
  await market.auctioneer.start()
  await untilOpen(market, three.maker)
  await assertNothingLeft(market)
}

async function prepare(market: Market): Promise<Three> {
  await market.auctioneer.stop()
  await market.auctioneer.start([SHORT_STEPS])
  const [alice, bob, carol] = await market.traders('alice', 'bob', 'carol')
  await clearBook(market)
  const [maker, steady, frozen] = await fundAccounts(
    market,
    { trader: alice, value: 2_000_000n, version: 2 },
    { trader: bob, ...TAKER },
    { trader: carol, ...TAKER },
  )
  const ask = await submitAsk(maker, { amount: 2n * AMOUNT, rate: 500 })
  const bobs = await submitBid(steady, { amount: AMOUNT, rate: 1_000 })
  const carols = await submitBid(frozen, { amount: AMOUNT, rate: 1_500 })
  return { ask, bobs, carols, maker, steady, frozen }
}

async function stopsWaiting(market: Market, three: Three, carol: TraderDaemon): Promise<void> {
  const { auctioneer } = market
  const { over } = await waitingForCarol(market, carol)
  await auctioneer.stop()
  expect(auctioneer.process.log().join(' ')).toContain('auctioneer stopped')
  await over
  thaw(carol)
  await auctioneer.start([SHORT_STEPS])
  const { auctions } = (await auctioneer.ctl('auctions', '--limit=1')) as { readonly auctions: readonly RunAnswer[] }
  expect(auctions).toMatchObject([{ outcome: 'failed', detail: 'the auctioneer stops' }])
  await everyoneBack(market, three)
}

async function makerStops(market: Market, three: Three, carol: TraderDaemon): Promise<void> {
  const alice = await market.trader('alice')
  const { over } = await waitingForCarol(market, carol)
  await alice.process.waitForLine(/batch verified/)
  await alice.stop()
  expect(alice.process.log().join(' ')).toContain('trader daemon stops')
  await over
  thaw(carol)
  await alice.start()
  await everyoneBack(market, three)
}

/** An auction that hangs in its first step; the result resolves when it is over. */
async function waitingForCarol(market: Market, carol: TraderDaemon): Promise<{ readonly over: Promise<unknown> }> {
  const { auctioneer } = market
  freeze(carol)
  const over = auctioneer.ctl('auction', 'run-now').catch(() => undefined)
  // Asked without a command line: on a busy machine that takes longer than a step.
  const waits = async (): Promise<boolean> => (await auctioneer.admin.status({})).auctionState === 'preparing'
  await until('the auction waits for answers', waits, { pauseMs: 20 })
  return { over }
}

async function everyoneBack(market: Market, three: Three): Promise<void> {
  for (const account of [three.maker, three.steady, three.frozen]) await untilOpen(market, account)
  for (const order of [three.bobs, three.carols]) await untouched(three, order)
}

async function untouched({ bobs, steady, frozen }: Three, order: PlacedOrder): Promise<void> {
  const account = order === bobs ? steady : frozen
  expect(await accountOf(account)).toMatchObject({ value: Number(TAKER.value), state: 'OPEN' })
  expect(await orderOf(order)).toMatchObject({ state: 'ORDER_SUBMITTED', units_unfulfilled: UNITS })
}

const deal = (pricePpb: number): Deal => ({ units: UNITS, pricePpb, blocks: LEASE_BLOCKS })
