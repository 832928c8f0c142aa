import { beforeAll, describe, expect, it } from 'vitest'
import { startStockTrader } from '../harness/traderDaemon.ts'
import { firstLease } from '../scenarios/firstLease.ts'
import { useMarket } from '../scenarios/useMarket.ts'

/** The lowest lnd that the stock trader daemon accepts, and the newest; everything else runs on the pinned one. */
describe.each([
  ['lowest', '0.18.5-beta'],
  ['newest', '0.21.2-beta'],
] as const)('on the %s lnd, %s', (release, version) => {
  const market = useMarket('daemons', release)

  beforeAll(async () => {
    const { dir, logDir, nodes } = market().stack
    const lnd = nodes.alice.endpoint
    market().adopt(
      'alice',
      await startStockTrader({ name: 'alice', dir, logDir, lnd, auctioneer: market().auctioneer }),
    )
  }, 600_000)

  it('a stock trader leases out to two of ours', async () => {
    for (const { rpc } of Object.values(market().stack.nodes)) {
      expect((await rpc.lightning.getInfo({})).version.split(' ')[0]).toBe(version)
    }
    await firstLease(market())
  })
})
