import { expect } from 'vitest'
import { txid } from '@tidepool/crypto'
import { until } from '../harness/until.ts'
import { fundAccounts, untilOpen } from './words/accounts.ts'
import { afterLeasingIn, afterLeasingOut, type Deal } from './words/arithmetic.ts'
import { batchesOf, confirmBatch, heightOf, runBatch, untilPublished, untilSettled } from './words/auction.ts'
import { assertBalance, assertConserved } from './words/balances.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { assertLease } from './words/leases.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, submitAsk, submitBid } from './words/orders.ts'

const MAKER = { value: 2_000_000n, version: 1 } as const
const TAKER = { value: 1_000_000n, version: 2 } as const
/** What channels and accounts wait for. */
const CONFIRMATIONS = 6
const DEAL: Deal = { units: 3, pricePpb: 1_000, blocks: LEASE_BLOCKS }

/** The block of a batch leaves the chain with the one on top; on the new branch the batch confirms again, unchanged. */
export const batchReorged = (market: Market): Promise<void> => reorganised(market, 2)

/** The same when its channels are open on both nodes and its accounts trade on. */
export const batchReorgedDeep = (market: Market): Promise<void> => reorganised(market, 8)

async function reorganised(market: Market, depth: number): Promise<void> {
  const { chain } = market.stack
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [maker, taker] = await fundAccounts(market, { trader: alice, ...MAKER }, { trader: bob, ...TAKER })
  const ask = await submitAsk(maker, { amount: 300_000n, rate: 800 })
  const bid = await submitBid(taker, { amount: 300_000n, rate: 1_000 })
  const batch = await runBatch(market)
  await untilSettled(batch, maker, taker)
  await untilPublished(market, batch.txid)
  await market.stack.mine(depth)
  const height = await heightOf(market, batch.txid)
  await until('the auctioneer knows its block', async () => (await batchesOf(market))[0]?.confirmed_height === height)
  const block = await chain.block(height)
  if (depth > CONFIRMATIONS) await assertLease(market, batch, { ask, bid, deal: DEAL })

  await chain.reorg(depth)
  await market.stack.synced()
  expect((await chain.block(height)).hash).not.toBe(block.hash)
  if ((await chain.transaction(txid(batch.txid)))?.height === undefined) await untilPublished(market, batch.txid)
  await market.stack.mine(CONFIRMATIONS)
  const anew = await heightOf(market, batch.txid)
  await until('the auctioneer knows its new block', async () => {
    const [newest] = await batchesOf(market)
    return newest?.state === 'confirmed' && newest.confirmed_height === anew
  })
  for (const account of [maker, taker]) await untilOpen(market, account)
  const rate = BigInt(batch.fee_rate_sat_per_kw)
  await assertLease(market, batch, { ask, bid, deal: DEAL })
  await assertBalance(market, batch, { account: maker, value: afterLeasingOut(MAKER, [DEAL], rate) })
  await assertBalance(market, batch, { account: taker, value: afterLeasingIn(TAKER, [DEAL], rate) })
  await assertConserved(market, batch)

  // The accounts trade on.
  await submitAsk(maker, { amount: 100_000n, rate: 800 })
  await submitBid(taker, { amount: 100_000n, rate: 1_000 })
  await confirmBatch(market, await runBatch(market))
  await assertNothingLeft(market)
}
