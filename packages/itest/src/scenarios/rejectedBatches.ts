import { expect } from 'vitest'
import { accountOf, fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import type { RunAnswer } from './words/answers.ts'
import { afterLeasingIn, type Deal } from './words/arithmetic.ts'
import { confirmBatch, runAuction, runBatch, untilSettled } from './words/auction.ts'
import { assertBalance, assertConserved } from './words/balances.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { assertLease } from './words/leases.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, orderOf, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'
import { pendingChannels } from './words/pending.ts'

const TAKER = { value: 1_000_000n, version: 2 } as const
const UNITS = 2
const AMOUNT = BigInt(UNITS) * 100_000n

interface Three {
  readonly maker: OpenAccount
  readonly steady: OpenAccount
  readonly picky: OpenAccount
}

/**
 * Carol's node refuses the channel: the pair is kept apart, in this batch and the next, and Bob is served. After that
 * the two trade; then Carol wants nodes she has no channel with, and refuses Alice by herself.
 */
export async function rejectedBatches(market: Market): Promise<void> {
  const [alice, bob, carol] = await market.traders('alice', 'bob', 'carol')
  await clearBook(market)
  const [maker, steady, picky] = await fundAccounts(
    market,
    { trader: alice, value: 3_000_000n, version: 2 },
    { trader: bob, ...TAKER },
    { trader: carol, ...TAKER },
  )
  const three = { maker, steady, picky }
  const refused = await refusesChannels(market, three)
  await meetLater(market, three, refused)
  await carol.stop()
  await carol.start(['--newnodesonly'])
  await untilOpen(market, picky)
  await refusesKnownPeers(market, three)
  await carol.stop()
  await carol.start()
  await untilOpen(market, picky)
  await assertNothingLeft(market)
}

/** One ask that the dearer bid, Carol's, would take alone. */
async function bothBid(three: Three, amount = AMOUNT) {
  const ask = await submitAsk(three.maker, { amount, rate: 500 })
  const bobs = await submitBid(three.steady, { amount, rate: 1_000 })
  const carols = await submitBid(three.picky, { amount, rate: 1_500 })
  return { ask, bobs, carols }
}

async function refusesChannels(market: Market, three: Three): Promise<PlacedOrder> {
  const before = await pendingChannels(market, 'carol')
  const { ask, bobs, carols } = await bothBid(three)
  const acceptor = market.stack.nodes.carol.rpc.lightning.channelAcceptor()
  void refuseAll(acceptor).catch(() => undefined)
  const batch = await runBatch(market)
  acceptor.cancel()
  expect(batch).toMatchObject({ num_attempts: 2, matches: [{ ask_nonce: ask.nonce, bid_nonce: bobs.nonce }] })
  const { failures } = (await lastRun(market)).attempts[0] ?? { failures: [] }
  expect(failures.map(({ code }) => code)).toEqual(expect.arrayContaining(['partial_reject']))
  expect(failures.every(({ detail }) => detail.includes('channel_funding_failed'))).toBe(true)
  await confirmBatch(market, batch)
  await assertLease(market, batch, { ask, bid: bobs, deal: deal(1_000) })
  await assertConserved(market, batch)
  await untouched(three.picky, carols)
  expect(await pendingChannels(market, 'carol')).toEqual(before)
  return carols
}

/** One auction apart, then they meet. */
async function meetLater(market: Market, { maker, picky }: Three, carols: PlacedOrder): Promise<void> {
  const ask = await submitAsk(maker, { amount: AMOUNT, rate: 500 })
  expect((await runAuction(market)).run).toMatchObject({ outcome: 'nothing_to_match' })
  const batch = await runBatch(market)
  await untilSettled(batch, picky)
  await confirmBatch(market, batch)
  await assertLease(market, batch, { ask, bid: carols, deal: deal(1_500) })
  const value = afterLeasingIn(TAKER, [deal(1_500)], BigInt(batch.fee_rate_sat_per_kw))
  await assertBalance(market, batch, { account: picky, value })
}

async function refusesKnownPeers(market: Market, three: Three): Promise<void> {
  const held = await accountOf(three.picky)
  const { ask, bobs, carols } = await bothBid(three)
  const batch = await runBatch(market)
  expect(batch).toMatchObject({ num_attempts: 2, matches: [{ ask_nonce: ask.nonce, bid_nonce: bobs.nonce }] })
  const { failures } = (await lastRun(market)).attempts[0] ?? { failures: [] }
  expect(failures).toMatchObject([{ code: 'partial_reject', account_keys: [three.picky.key] }])
  expect(failures[0]?.detail).toContain('duplicate_peer')
  await confirmBatch(market, batch)
  await assertLease(market, batch, { ask, bid: bobs, deal: deal(1_000) })
  expect(await accountOf(three.picky)).toMatchObject({ value: held.value, outpoint: held.outpoint, state: 'OPEN' })
  expect(await orderOf(carols)).toMatchObject({ state: 'ORDER_SUBMITTED', units_unfulfilled: UNITS })
}

const deal = (pricePpb: number): Deal => ({ units: UNITS, pricePpb, blocks: LEASE_BLOCKS })

async function untouched(account: OpenAccount, order: PlacedOrder): Promise<void> {
  expect(await accountOf(account)).toMatchObject({ value: Number(TAKER.value), state: 'OPEN' })
  expect(await orderOf(order)).toMatchObject({ state: 'ORDER_SUBMITTED', units_unfulfilled: UNITS })
}

async function lastRun(market: Market) {
  const { run } = (await market.auctioneer.ctl('batches', 'show')) as { readonly run: RunAnswer | null }
  if (run === null) throw new Error('no run')
  return run
}

type Acceptor = ReturnType<Market['stack']['nodes']['carol']['rpc']['lightning']['channelAcceptor']>

async function refuseAll(acceptor: Acceptor): Promise<void> {
  for await (const { pendingChanId } of acceptor) {
    await acceptor.send({ pendingChanId, accept: false, error: 'not today' })
  }
}
