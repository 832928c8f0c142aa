import { expect } from 'vitest'
import { accountOf, fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import type { BatchAnswer } from './words/answers.ts'
import { afterLeasingIn, afterLeasingOut, type Deal } from './words/arithmetic.ts'
import { confirmBatch, runAuction, untilSettled } from './words/auction.ts'
import { assertBalance, assertConserved } from './words/balances.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { assertLease } from './words/leases.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, orderOf, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'

const MAKER = { value: 1_500_000n, version: 2 } as const
const TAKER = { value: 1_000_000n, version: 1 } as const
const DEAL: Deal = { units: 2, pricePpb: 1_000, blocks: LEASE_BLOCKS }
/** Pairs whose funding failed are kept apart for an auction or two. */
const AUCTIONS = 4

interface Pair {
  readonly maker: OpenAccount
  readonly taker: OpenAccount
  readonly ask: PlacedOrder
  readonly bid: PlacedOrder
}

/**
 * One of the two is killed, as by a power cut, while their nodes open the channel: nothing comes of that batch. Started
 * again it has what it had, and the two trade.
 */
export async function fundingKilled(market: Market, victim: 'maker' | 'taker'): Promise<void> {
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [maker, taker] = await fundAccounts(market, { trader: alice, ...MAKER }, { trader: bob, ...TAKER })
  const ask = await submitAsk(maker, { amount: 200_000n, rate: 800 })
  const bid = await submitBid(taker, { amount: 200_000n, rate: DEAL.pricePpb })
  const killed = victim === 'maker' ? alice : bob

  const acceptor = market.stack.nodes.bob.rpc.lightning.channelAcceptor()
  const run = runAuction(market)
  for await (const { pendingChanId } of acceptor) {
    await killed.kill()
    await acceptor.send({ pendingChanId, accept: false, error: 'the lights are out' })
    break
  }
  acceptor.cancel()
  expect((await run).batch).toBeUndefined()
  await killed.start()
  for (const account of [maker, taker]) await untilOpen(market, account)
  expect(await accountOf(maker)).toMatchObject({ value: Number(MAKER.value), state: 'OPEN' })
  expect(await accountOf(taker)).toMatchObject({ value: Number(TAKER.value), state: 'OPEN' })
  for (const order of [ask, bid]) {
    expect(await orderOf(order)).toMatchObject({ state: 'ORDER_SUBMITTED', units_unfulfilled: DEAL.units })
  }
  await assertTraded(market, await nextBatch(market), { maker, taker, ask, bid })
}

async function nextBatch(market: Market): Promise<BatchAnswer> {
  for (let i = 0; i < AUCTIONS; i++) {
    const { batch } = await runAuction(market)
    if (batch !== undefined) return batch
  }
  throw new Error('no auction ended in a batch')
}

async function assertTraded(market: Market, batch: BatchAnswer, { maker, taker, ask, bid }: Pair): Promise<void> {
  await untilSettled(batch, maker, taker)
  await confirmBatch(market, batch)
  await assertLease(market, batch, { ask, bid, deal: DEAL })
  const rate = BigInt(batch.fee_rate_sat_per_kw)
  await assertBalance(market, batch, { account: maker, value: afterLeasingOut(MAKER, [DEAL], rate) })
  await assertBalance(market, batch, { account: taker, value: afterLeasingIn(TAKER, [DEAL], rate) })
  await assertConserved(market, batch)
  await assertNothingLeft(market)
}
