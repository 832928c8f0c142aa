import { expect } from 'vitest'
import { txid, type Txid } from '@tidepool/crypto'
import { fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import { afterLeasingIn, afterLeasingOut, type Deal } from './words/arithmetic.ts'
import { batchesOf, confirmBatch, runBatch, untilPublished, untilSettled } from './words/auction.ts'
import type { BatchAnswer, RunAnswer } from './words/answers.ts'
import { assertBalance, assertConserved } from './words/balances.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { assertLease } from './words/leases.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'
import { pendingTxids } from './words/pending.ts'

const MAKER = { value: 2_000_000n, version: 2 } as const
const TAKER = { value: 1_000_000n, version: 1 } as const
const DEAL: Deal = { units: 4, pricePpb: 1_000, blocks: LEASE_BLOCKS }

/** Moments of a batch at which auctioneerd can be told to end at once; see its `--debug.exit-at`. */
export const DEATHS_OF_NOTHING = ['after-prepare', 'after-sign-begin', 'before-commit'] as const
/** From here on the batch is durable. */
export const DEATHS_OF_A_BATCH = ['after-commit', 'after-publish'] as const

export const auctioneerDiesAfterCommit = (market: Market): Promise<void> => batchSurvives(market, 'after-commit')
export const auctioneerDiesBeforeCommit = (market: Market): Promise<void> => nothingSurvives(market, 'before-commit')

/** The batch is durable, nobody has seen its transaction: after the restart exactly that one is published. */
export async function batchSurvives(market: Market, death: (typeof DEATHS_OF_A_BATCH)[number]): Promise<void> {
  const pair = await prepare(market)
  const earlier = await batchesOf(market)
  const signed = signedBy(await dieDuringAuction(market, pair, death))
  expect((await market.stack.chain.mempool()).includes(signed)).toBe(death === 'after-publish')

  await market.auctioneer.start()
  await untilPublished(market, signed)
  const [batch, ...older] = await batchesOf(market)
  expect(older.map((one) => one.txid)).toEqual(earlier.map((one) => one.txid))
  if (batch === undefined) throw new Error('the committed batch is gone')
  expect(batch.txid).toBe(signed)
  await confirmBatch(market, batch)
  await assertOutcome(market, batch, pair)
}

/** Some or all have signed, nothing is durable: that transaction never appears, and the next auction makes another. */
export async function nothingSurvives(market: Market, death: (typeof DEATHS_OF_NOTHING)[number]): Promise<void> {
  const pair = await prepare(market)
  const earlier = await batchesOf(market)
  const lost = await dieDuringAuction(market, pair, death)
  if (death === 'before-commit') signedBy(lost)

  await market.auctioneer.start()
  for (const account of [pair.maker, pair.taker]) await untilOpen(market, account)
  expect(await batchesOf(market)).toEqual(earlier)
  const { auctions } = (await market.auctioneer.ctl('auctions', '--limit=1')) as {
    readonly auctions: readonly RunAnswer[]
  }
  expect(auctions).toMatchObject([{ outcome: 'failed', attempts: [{ ended_in: 'interrupted' }] }])
  const batch = await runBatch(market)
  await confirmBatch(market, batch)
  await assertOutcome(market, batch, pair)
  if (lost === undefined) return
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

/** Runs an auction that ends the auctioneer; resolves to the transaction the traders had signed, if they got so far. */
async function dieDuringAuction(market: Market, pair: Pair, point: string): Promise<string | undefined> {
  const { auctioneer } = market
  await auctioneer.stop()
  await auctioneer.start([`--debug.exit-at=${point}`])
  for (const account of [pair.maker, pair.taker]) await untilOpen(market, account)
  const before = new Set(await pendingTxids(market, 'alice'))
  await expect(auctioneer.ctl('auction', 'run-now')).rejects.toThrow(/UNAVAILABLE|CANCELLED/)
  await auctioneer.process.ended()
  const [signed] = (await pendingTxids(market, 'alice')).filter((id) => !before.has(id))
  if (
    signed === undefined &&
    (point === 'before-commit' || point.startsWith('after-co') || point === 'after-publish')
  ) {
    throw new Error('no channel was opened before the auctioneer died')
  }
  return signed
}

function signedBy(id: string | undefined): Txid {
  if (id === undefined) throw new Error('no channel was opened before the auctioneer died')
  return txid(id)
}

async function assertOutcome(market: Market, batch: BatchAnswer, { maker, taker, ask, bid }: Pair): Promise<void> {
  await untilSettled(batch, maker, taker)
  // The chain may have told a trader how it ended before it is connected again; its leases come from the auctioneer.
  for (const account of [maker, taker]) await untilOpen(market, account)
  await assertLease(market, batch, { ask, bid, deal: DEAL })
  const rate = BigInt(batch.fee_rate_sat_per_kw)
  await assertBalance(market, batch, { account: maker, value: afterLeasingOut(MAKER, [DEAL], rate) })
  await assertBalance(market, batch, { account: taker, value: afterLeasingIn(TAKER, [DEAL], rate) })
  await assertConserved(market, batch)
  await assertNothingLeft(market)
}
