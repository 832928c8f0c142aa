import { afterAll, beforeAll, expect, it } from 'vitest'
import { txid } from '@tidepool/crypto'
import { startSimnetStack, type Simnet } from '../../harness/simnetStack.ts'
import { until } from '../../harness/until.ts'
import { fundAccounts, untilOpen } from '../../scenarios/words/accounts.ts'
import type { StatusAnswer } from '../../scenarios/words/answers.ts'
import {
  batchesOf,
  confirmBatch,
  runAuction,
  runBatch,
  untilPublished,
  untilSettled,
} from '../../scenarios/words/auction.ts'
import { assertConserved } from '../../scenarios/words/balances.ts'
import { assertNothingLeft } from '../../scenarios/words/leftovers.ts'
import { NODE_NAMES, openMarket, type Market, type NodeName } from '../../scenarios/words/market.ts'
import { submitAsk, submitBid } from '../../scenarios/words/orders.ts'

const SETUP_MS = 120_000
const PATIENCE_MS = 300_000
/** Above what batches pay here, 10 sat/vB; below what the bump makes of them. */
const HIGH_FLOOR = 20_000n
const BUMP_SAT_PER_VBYTE = 60n

let simnet: Simnet<NodeName>
let market: Market
beforeAll(async () => {
  simnet = await startSimnetStack({ nodes: NODE_NAMES })
  market = await openMarket(simnet)
}, SETUP_MS)
afterAll(async () => {
  await market.close()
  await simnet.close()
}, SETUP_MS)

const problem = async (): Promise<string> =>
  ((await market.auctioneer.ctl('status')) as StatusAnswer).unconfirmed.problem

it(
  'a batch that a full mempool drops is offered again with each block; a bump keeps the next one in',
  async () => {
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

    await simnet.control.setMempoolFloor({ satPerKvb: HIGH_FLOOR })
    expect(await market.stack.chain.mempool()).not.toContain(txid(first.txid))
    await market.stack.mine(1)
    await until('the auctioneer knows', async () => (await problem()).includes('mempool min fee not met'))
    await submitBid(taker, { amount: 200_000n, rate: 1_000 })
    const held = await runAuction(market)
    expect(held.run).toMatchObject({ outcome: 'held_back', attempts: [] })
    expect(held.run.detail).toContain(first.txid)
    expect((await batchesOf(market))[0]).toMatchObject({ txid: first.txid, state: 'published' })

    await simnet.control.setMempoolFloor({ satPerKvb: 0n })
    // Two blocks: the first brings it back, the second takes it.
    await market.stack.mine(1)
    await untilPublished(market, first.txid)
    expect(await problem()).toBe('')
    const second = await runBatch(market)
    await untilSettled(second, maker, taker)
    await market.auctioneer.ctl('batches', 'bump', `--sat_per_vbyte=${BUMP_SAT_PER_VBYTE}`)
    await simnet.control.setMempoolFloor({ satPerKvb: HIGH_FLOOR })
    const kept = await market.stack.chain.mempool()
    for (const batch of [first, second]) expect(kept).toContain(txid(batch.txid))
    await simnet.control.setMempoolFloor({ satPerKvb: 0n })

    await confirmBatch(market, second)
    for (const account of [maker, taker]) await untilOpen(market, account)
    for (const batch of [first, second]) await assertConserved(market, batch)
    await assertNothingLeft(market)
  },
  PATIENCE_MS,
)
