import { beforeAll, describe, expect, it } from 'vitest'
import { startStockTrader } from '../harness/traderDaemon.ts'
import { batchSurvives, nothingSurvives } from '../scenarios/auctioneerKilled.ts'
import { chainedBatch } from '../scenarios/chainedBatch.ts'
import { firstLease } from '../scenarios/firstLease.ts'
import { fundingKilled } from '../scenarios/fundingKilled.ts'
import { rejectedBatches } from '../scenarios/rejectedBatches.ts'
import { useMarket } from '../scenarios/useMarket.ts'
import { fundAccounts, untilOpen } from '../scenarios/words/accounts.ts'
import { batchesOf, runAuction } from '../scenarios/words/auction.ts'
import { restartAuctioneer } from '../scenarios/words/market.ts'
import { clearBook, submitAsk, submitBid } from '../scenarios/words/orders.ts'

const STOCK = ['alice', 'bob', 'carol'] as const
const ACCOUNT = { value: 1_000_000n, version: 2 } as const

interface Snapshot {
  readonly batch_id: string
  readonly batch_tx_id: string
  readonly prev_batch_id: string
}

/** Three Go daemons of lightninglabs/pool and nobody else; the auctioneer is ours. Every story ends in exact balances. */
describe('stock traders among themselves', { timeout: 300_000 }, () => {
  const market = useMarket('daemons')

  beforeAll(async () => {
    const { dir, logDir, nodes } = market().stack
    // Among themselves nobody names a channel type, and lnd decides.
    const orderFlags = ['--channel_type=script-enforced']
    for (const name of STOCK) {
      const { auctioneer } = market()
      const trader = await startStockTrader({ name, dir, logDir, lnd: nodes[name].endpoint, auctioneer, orderFlags })
      market().adopt(name, trader)
    }
  }, 600_000)

  it('lease out and in', () => firstLease(market()))
  it('chain a batch on one that is not confirmed', () => chainedBatch(market()))
  it('page through the batches', async () => {
    const alice = await market().trader('alice')
    const all = (await batchesOf(market())).map((batch) => ({ batch_id: batch.batch_id, batch_tx_id: batch.txid }))
    expect(all.length).toBeGreaterThan(2)
    const pages: Snapshot[] = []
    while (pages.length < all.length) {
      const from = pages.at(-1)?.prev_batch_id
      const args = ['--num_batches=2', ...(from === undefined ? [] : [`--batch_id=${from}`])]
      pages.push(...((await alice.pool('auction', 'snapshot', ...args)) as readonly Snapshot[]))
    }
    expect(pages).toMatchObject(all)
  })

  it('reject channels and peers, and trade later', () => rejectedBatches(market()))

  it.each(['maker', 'taker'] as const)('the %s is killed while its channel is opened', (victim) =>
    fundingKilled(market(), victim),
  )

  it('trade after the auctioneer died with a batch that all had signed', () =>
    nothingSurvives(market(), ['before-commit']))

  it('come back to an auctioneer that was stopped and started', async () => {
    await restartAuctioneer(market())
    await firstLease(market())
  })

  it('have the batch after the auctioneer died with it; then they must be started again', async () => {
    await batchSurvives(market(), 'after-commit')
    const [alice, bob] = await market().traders('alice', 'bob')
    await clearBook(market())
    const accounts = await fundAccounts(market(), { trader: alice, ...ACCOUNT }, { trader: bob, ...ACCOUNT })
    await submitAsk(accounts[0], { amount: 100_000n, rate: 500 })
    await submitBid(accounts[1], { amount: 100_000n, rate: 1_000 })
    const { run, batch } = await runAuction(market())
    expect(batch).toBeUndefined()
    expect(JSON.stringify(run.attempts)).toContain('error abandoning channels from previous pending batch')
    for (const trader of await market().traders(...STOCK)) {
      expect(trader.process.running).toBe(true)
      await trader.stop()
      await trader.start()
    }
    for (const account of accounts) await untilOpen(market(), account)
    await firstLease(market())
  })
})
