import { expect } from 'vitest'
import { txid } from '@tidepool/crypto'
import { fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import { afterLeasingIn, afterLeasingOut, type Deal } from './words/arithmetic.ts'
import { batchesOf, confirmBatch, runBatch, untilPublished, untilSettled } from './words/auction.ts'
import type { BatchAnswer } from './words/answers.ts'
import { assertBalance, assertConserved } from './words/balances.ts'
import { assertLease } from './words/leases.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'
import { pendingTxids } from './words/pending.ts'

const MAKER = { value: 2_000_000n, version: 2 } as const
const TAKER = { value: 1_000_000n, version: 1 } as const
const DEAL: Deal = { units: 4, pricePpb: 1_000, blocks: LEASE_BLOCKS }

/** The batch is durable, nobody has seen its transaction: after the restart exactly that one is published. */
export async function auctioneerDiesAfterCommit(market: Market): Promise<void> {
  const pair = await prepare(market)
  const earlier = await batchesOf(market)
  const signed = await dieDuringAuction(market, pair, 'after-commit')
  expect(await market.stack.chain.mempool()).not.toContain(signed)

  await market.auctioneer.start()
  await untilPublished(market, signed)
  const [batch, ...older] = await batchesOf(market)
  expect(older.map((one) => one.txid)).toEqual(earlier.map((one) => one.txid))
  if (batch === undefined) throw new Error('the committed batch is gone')
  expect(batch.txid).toBe(signed)
  await confirmBatch(market, batch)
  await assertOutcome(market, batch, pair)
}

/** Everyone has signed, nothing is durable: that transaction never appears, and the next auction makes another. */
export async function auctioneerDiesBeforeCommit(market: Market): Promise<void> {
  const pair = await prepare(market)
  const earlier = await batchesOf(market)
  const lost = await dieDuringAuction(market, pair, 'before-commit')

  await market.auctioneer.start()
  for (const account of [pair.maker, pair.taker]) await untilOpen(market, account)
  expect(await batchesOf(market)).toEqual(earlier)
  const batch = await runBatch(market)
  await confirmBatch(market, batch)
  await assertOutcome(market, batch, pair)
  if (batch.txid !== lost) expect(await market.stack.chain.transaction(txid(lost))).toBeUndefined()
  expect(await pendingTxids(market, 'alice')).not.toContain(lost)
}

interface Pair {
  readonly maker: OpenAccount
  readonly taker: OpenAccount
  readonly ask: PlacedOrder
  readonly bid: PlacedOrder
}

async function prepare(market: Market): Promise<Pair> {
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [maker, taker] = await fundAccounts(market, { trader: alice, ...MAKER }, { trader: bob, ...TAKER })
  const ask = await submitAsk(maker, { amount: 400_000n, rate: 800 })
  const bid = await submitBid(taker, { amount: 400_000n, rate: 1_000 })
  return { maker, taker, ask, bid }
}

/** Runs an auction that ends the auctioneer; resolves to the transaction the traders had signed. */
async function dieDuringAuction(market: Market, pair: Pair, point: string): Promise<string> {
  const { auctioneer } = market
  await auctioneer.stop()
  await auctioneer.start([`--debug.exit-at=${point}`])
  for (const account of [pair.maker, pair.taker]) await untilOpen(market, account)
  const before = new Set(await pendingTxids(market, 'alice'))
  await expect(auctioneer.ctl('auction', 'run-now')).rejects.toThrow(/UNAVAILABLE|CANCELLED/)
  await auctioneer.process.ended()
  const [signed] = (await pendingTxids(market, 'alice')).filter((id) => !before.has(id))
  if (signed === undefined) throw new Error('no channel was opened before the auctioneer died')
  return signed
}

async function assertOutcome(market: Market, batch: BatchAnswer, { maker, taker, ask, bid }: Pair): Promise<void> {
  await untilSettled(batch, maker, taker)
  await assertLease(market, batch, { ask, bid, deal: DEAL })
  const rate = BigInt(batch.fee_rate_sat_per_kw)
  await assertBalance(market, batch, { account: maker, value: afterLeasingOut(MAKER, [DEAL], rate) })
  await assertBalance(market, batch, { account: taker, value: afterLeasingIn(TAKER, [DEAL], rate) })
  await assertConserved(market, batch)
}
