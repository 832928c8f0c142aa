import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseOutPoint } from '@tidepool/crypto'
import { startSimnetStack, type Simnet } from '../../harness/simnetStack.ts'
import { until } from '../../harness/until.ts'
import { accountOf, fundAccounts } from '../../scenarios/words/accounts.ts'
import type { LeasesAnswer } from '../../scenarios/words/answers.ts'
import { batchesOf, confirmBatch, runBatch, untilPublished, untilSettled } from '../../scenarios/words/auction.ts'
import { assertConserved } from '../../scenarios/words/balances.ts'
import { NODE_NAMES, openMarket, type Market, type NodeName } from '../../scenarios/words/market.ts'
import { orderOf, submitAsk, submitBid } from '../../scenarios/words/orders.ts'

const SETUP_MS = 120_000
const PATIENCE_MS = 300_000
/** As deep as a conflict must be, and what it takes to look for it. */
const BLOCKS = 8

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

it(
  'a batch that lost an input for good is undone by the auctioneer and by the trader who lost nothing',
  async () => {
    const [alice, bob] = await market.traders('alice', 'bob')
    const [thief, other, honest] = await fundAccounts(
      market,
      { trader: alice, value: 2_000_000n, version: 0 },
      { trader: alice, value: 3_000_000n, version: 2 },
      { trader: bob, value: 1_000_000n, version: 2 },
    )
    const stolen = parseOutPoint((await accountOf(thief)).outpoint as never)
    const before = await accountOf(honest)
    const ask = await submitAsk(thief, { amount: 200_000n, rate: 500 })
    const bid = await submitBid(honest, { amount: 200_000n, rate: 1_000 })
    const batch = await runBatch(market)
    await untilSettled(batch, thief, honest)
    await untilPublished(market, batch.txid)
    expect((await orderOf(bid)).state).toBe('ORDER_EXECUTED')
    expect((await orderOf(ask)).state).toBe('ORDER_EXECUTED')

    await simnet.control.takeOutput(stolen)
    for (let i = 0; i < BLOCKS; i++) {
      await market.stack.mine(1)
      await market.stack.synced()
    }
    await until('the auctioneer has undone it', async () => (await batchesOf(market))[0]?.state === 'void')
    await until('bob has undone it', async () => (await accountOf(honest)).state === 'OPEN')
    // The order takes its part of the balance again.
    const { available_balance: _, ...restored } = await accountOf(honest)
    expect(before).toMatchObject(restored)
    expect((await orderOf(bid)).state).toBe('ORDER_SUBMITTED')
    expect(((await bob.pool('auction', 'leases')) as LeasesAnswer).leases).toEqual([])

    // Both trade on, without a recovery.
    await submitAsk(other, { amount: 200_000n, rate: 500 })
    const next = await runBatch(market)
    await untilSettled(next, other, honest)
    await confirmBatch(market, next)
    await assertConserved(market, next)
    expect((await orderOf(bid)).state).toBe('ORDER_EXECUTED')
  },
  PATIENCE_MS,
)
