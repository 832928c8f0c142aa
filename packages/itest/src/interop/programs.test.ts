import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAuctioneer, type AuctioneerDaemon } from '../harness/auctioneerDaemon.ts'
import { startStockTrader, startTrader, type TraderDaemon } from '../harness/traderDaemon.ts'
import { useStack } from '../harness/useStack.ts'

describe('our programs and the stock ones beside real nodes', () => {
  const stack = useStack('daemons', { nodes: ['auctioneer', 'maker', 'taker'] })
  let auctioneer: AuctioneerDaemon
  let ours: TraderDaemon
  let stock: TraderDaemon

  beforeAll(async () => {
    const { dir, logDir, nodes } = stack()
    auctioneer = await startAuctioneer({ dir, logDir, lnd: nodes.auctioneer.endpoint })
    ours = await startTrader({ name: 'maker', dir, logDir, lnd: nodes.maker.endpoint, auctioneer })
    stock = await startStockTrader({ name: 'stock', dir, logDir, lnd: nodes.taker.endpoint, auctioneer })
  }, 600_000)
  afterAll(async () => {
    await Promise.all([ours.stop(), stock.stop()])
    await auctioneer.stop()
  })

  it('answer their command lines', async () => {
    const status = await auctioneer.ctl('status')
    expect(status).toMatchObject({ network: 'regtest', block_height: await stack().chain.height() })
    expect(await ours.pool('getinfo')).toMatchObject({ node_rating: { node_pubkey: stack().nodes.maker.nodeKey } })
    expect(await stock.pool('getinfo')).toMatchObject({ node_rating: { node_pubkey: stack().nodes.taker.nodeKey } })
  })

  it('give the stock trader its terms', async () => {
    expect(await stock.pool('auction', 'leasedurations')).toMatchObject({
      lease_duration_buckets: { 2016: 'MARKET_OPEN' },
    })
  })

  it('come back after they were killed', async () => {
    await auctioneer.kill()
    await ours.kill()
    await auctioneer.start()
    await ours.start()
    expect(await ours.pool('getinfo')).toMatchObject({ node_rating: { node_pubkey: stack().nodes.maker.nodeKey } })
  })
})
