import { expect } from 'vitest'
import { txid } from '@tidepool/crypto'
import { until } from '../harness/until.ts'
import { fundAccounts, untilOpen } from './words/accounts.ts'
import type { StatusAnswer } from './words/answers.ts'
import { batchesOf, confirmBatch, runAuction, runBatch, untilPublished, untilSettled } from './words/auction.ts'
import { assertConserved } from './words/balances.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import type { Market } from './words/market.ts'
import { submitAsk, submitBid } from './words/orders.ts'
import { bumpBy } from './stuckChain.ts'

/** Above what batches pay here, 10 sat/vB; below what the bump makes of them. */
const FLOOR_SAT_PER_VBYTE = 20n
const BUMP_SAT_PER_VBYTE = 60n

/** How a chain is made to take nothing that pays less, and to take everything again. */
export interface MempoolFloor {
  readonly raise: (satPerVByte: bigint) => Promise<unknown>
  readonly drop: () => Promise<unknown>
}

/** A batch that a full mempool drops is offered again with each block; a bump keeps the next one in. */
export async function evictedBatch(market: Market, floor: MempoolFloor): Promise<void> {
  const problem = async (): Promise<string> =>
    ((await market.auctioneer.ctl('status')) as StatusAnswer).unconfirmed.problem
  const [alice, bob] = await market.traders('alice', 'bob')
  const [maker, taker] = await fundAccounts(
    market,
    { trader: alice, value: 3_000_000n, version: 2 },
    { trader: bob, value: 2_000_000n, version: 0 },
  )
  await submitAsk(maker, { amount: 1_000_000n, rate: 500 })
  await submitBid(taker, { amount: 200_000n, rate: 1_000 })
  const first = await runBatch(market)
  await untilSettled(first, maker, taker)
  await untilPublished(market, first.txid)

  await floor.raise(FLOOR_SAT_PER_VBYTE)
  expect(await market.stack.chain.mempool()).not.toContain(txid(first.txid))
  await market.stack.mine(1)
  await until('the auctioneer knows', async () => (await problem()).includes('mempool min fee not met'))
  await submitBid(taker, { amount: 200_000n, rate: 1_000 })
  const held = await runAuction(market)
  expect(held.run).toMatchObject({ outcome: 'held_back', attempts: [] })
  expect(held.run.detail).toContain(first.txid)
  expect((await batchesOf(market))[0]).toMatchObject({ txid: first.txid, state: 'published' })

  await floor.drop()
  // Two blocks: the first brings it back, the second takes it.
  await market.stack.mine(1)
  await untilPublished(market, first.txid)
  await until('the auctioneer knows that it is back', async () => (await problem()) === '')
  const second = await runBatch(market)
  await untilSettled(second, maker, taker)
  await bumpBy(market, BUMP_SAT_PER_VBYTE)
  await floor.raise(FLOOR_SAT_PER_VBYTE)
  const kept = await market.stack.chain.mempool()
  for (const batch of [first, second]) expect(kept).toContain(txid(batch.txid))

  await confirmBatch(market, second)
  await floor.drop()
  for (const account of [maker, taker]) await untilOpen(market, account)
  for (const batch of [first, second]) await assertConserved(market, batch)
  await assertNothingLeft(market)
}
