import { expect } from 'vitest'
import { txid } from '@tidepool/crypto'
import { fundAccounts, untilOpen } from './words/accounts.ts'
import { confirmBatch, heightOf, runAuction, runBatch, untilPublished, untilSettled } from './words/auction.ts'
import { assertConserved } from './words/balances.ts'
import type { BatchAnswer } from './words/answers.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { restartAuctioneer, type Market } from './words/market.ts'
import { clearBook, submitAsk, submitBid } from './words/orders.ts'

/** What `--auction.max-unconfirmed` says by itself, and what Bitcoin Core relays up to 30. */
const OUR_LIMIT = 20
const NODE_LIMIT = 25
const BATCHES = 5
const BUMPS_EACH = OUR_LIMIT / BATCHES - 1
/** In sat per 1000 weight; a bump must pay more than all that waits does already. */
const FIRST_BUMP = 3_000n
const STEP = 250n
const UNIT = 100_000n

/**
 * Batches and bumps wait for a block until our limit, then bumps until that of nodes: the auctioneer stops by itself, with
 * its reason, and nodes have taken all there is. One block takes them all.
 */
export async function fullLine(market: Market): Promise<void> {
  await restartAuctioneer(market)
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [maker, taker] = await fundAccounts(
    market,
    { trader: alice, value: 3_000_000n, version: 2 },
    { trader: bob, value: 3_000_000n, version: 2 },
  )
  await submitAsk(maker, { amount: UNIT * BigInt(BATCHES + 1), rate: 500 })
  const batches: BatchAnswer[] = []
  const line: string[] = []
  let rate = FIRST_BUMP
  const bump = async (): Promise<void> => {
    const { txid: id, problem } = await market.auctioneer.admin.bumpBatches({ feeRateSatPerKw: rate })
    expect(problem).toBe('')
    rate += STEP
    line.push(id)
    await assertTaken(market, line)
  }
  while (batches.length < BATCHES) {
    await submitBid(taker, { amount: UNIT, rate: 1_000 })
    const batch = await runBatch(market)
    await untilSettled(batch, maker, taker)
    batches.push(batch)
    line.push(batch.txid)
    await assertTaken(market, line)
    for (let i = 0; i < BUMPS_EACH; i++) await bump()
  }
  await submitBid(taker, { amount: UNIT, rate: 1_000 })
  const { run } = await runAuction(market)
  expect(run).toMatchObject({ outcome: 'held_back', attempts: [] })
  expect(run.detail).toContain(`${OUR_LIMIT} of our transactions wait for a block`)
  while (line.length < NODE_LIMIT) await bump()
  await expect(bump()).rejects.toThrow(`${NODE_LIMIT} of our transactions wait for a block`)

  const [newest] = line.toReversed()
  if (newest === undefined) throw new Error('no line')
  const height = await confirmBatch(market, { txid: newest })
  for (const id of line) expect(await heightOf(market, id)).toBe(height)
  for (const batch of batches) await assertConserved(market, batch)
  for (const account of [maker, taker]) await untilOpen(market, account)
  // The bid that was held back trades in the next batch.
  await confirmBatch(market, await runBatch(market))
  for (const account of [maker, taker]) await untilOpen(market, account)
  await assertNothingLeft(market)
}

/** Every link is in the mempool, and where that counts, it counts as we do. */
async function assertTaken(market: Market, line: readonly string[]): Promise<void> {
  const [newest] = line.toReversed()
  if (newest === undefined) throw new Error('no line')
  await untilPublished(market, newest)
  const { chain } = market.stack
  expect(await chain.mempool()).toEqual(expect.arrayContaining(line.map(txid)))
  expect((await chain.line(txid(newest)))?.transactions ?? line.length).toBe(line.length)
}
