import { beforeAll, describe, expect, it } from 'vitest'
import { startStockTrader, type TraderDaemon } from '../harness/traderDaemon.ts'
import { useMarket } from '../scenarios/useMarket.ts'
import { accountOf, fundAccounts } from '../scenarios/words/accounts.ts'
import { afterLeasingIn, afterLeasingOut, type Deal } from '../scenarios/words/arithmetic.ts'
import { confirmBatch, runBatch, untilSettled } from '../scenarios/words/auction.ts'
import { assertBalance, assertConserved } from '../scenarios/words/balances.ts'
import { assertLease, leaseAt, matchOf } from '../scenarios/words/leases.ts'
import { clearBook, LEASE_BLOCKS, submitAsk, submitBid } from '../scenarios/words/orders.ts'

const STOCK = { value: 3_000_000n, version: 2 } as const
const OURS = { value: 2_000_000n, version: 2 } as const
const deal = (units: number, pricePpb: number): Deal => ({ units, pricePpb, blocks: LEASE_BLOCKS })

/** Alice runs the Go daemon of lightninglabs/pool, Bob runs ours; the auctioneer is ours. */
describe('a stock trader', () => {
  const market = useMarket('daemons')
  let stock: TraderDaemon

  beforeAll(async () => {
    const { dir, logDir, nodes } = market().stack
    const lnd = nodes.alice.endpoint
    stock = await startStockTrader({ name: 'alice', dir, logDir, lnd, auctioneer: market().auctioneer })
    market().adopt('alice', stock)
  }, 600_000)

  it('leases out to one of ours', async () => {
    const bob = await market().trader('bob')
    const [maker, taker] = await fundAccounts(market(), { trader: stock, ...STOCK }, { trader: bob, ...OURS })
    // The stock command line names no channel type: the peer decides, and ours asks for a script-enforced lease.
    const ask = await submitAsk(maker, { amount: 1_000_000n, rate: 1_000 })
    const bid = await submitBid(taker, { amount: 400_000n, rate: 1_400 })
    const batch = await runBatch(market())
    await untilSettled(batch, maker, taker)
    await confirmBatch(market(), batch)

    const four = deal(4, 1_400)
    const rate = BigInt(batch.fee_rate_sat_per_kw)
    await assertLease(market(), batch, { ask, bid, deal: four })
    await assertBalance(market(), batch, { account: maker, value: afterLeasingOut(STOCK, [four], rate) })
    await assertBalance(market(), batch, { account: taker, value: afterLeasingIn(OURS, [four], rate) })
    await assertConserved(market(), batch)
    expect(stock.process.running).toBe(true)
  })

  it('leases in from one of ours, in a batch with a trade between two of ours', async () => {
    await clearBook(market())
    const [bob, carol] = await market().traders('bob', 'carol')
    const [maker, taker, third] = await fundAccounts(
      market(),
      { trader: bob, value: 2_500_000n, version: 0 },
      { trader: stock, ...STOCK, version: 1 },
      { trader: carol, ...OURS },
    )
    const ask = await submitAsk(maker, { amount: 900_000n, rate: 700 })
    const stockBid = await submitBid(taker, { amount: 500_000n, rate: 1_100 })
    const ourBid = await submitBid(third, { amount: 300_000n, rate: 900 })
    const batch = await runBatch(market())
    await untilSettled(batch, maker, taker, third)
    await confirmBatch(market(), batch)

    const [five, three] = [deal(5, 900), deal(3, 900)]
    const lease = { ask, bid: stockBid, deal: five }
    await assertLease(market(), batch, lease)
    await assertLease(market(), batch, { ask, bid: ourBid, deal: three })
    const rate = BigInt(batch.fee_rate_sat_per_kw)
    const makers = { value: 2_500_000n, version: 0 }
    await assertBalance(market(), batch, { account: maker, value: afterLeasingOut(makers, [five, three], rate) })
    await assertBalance(market(), batch, {
      account: taker,
      value: afterLeasingIn({ ...STOCK, version: 1 }, [five], rate),
    })
    await assertBalance(market(), batch, { account: third, value: afterLeasingIn(OURS, [three], rate) })
    await assertConserved(market(), batch)

    const point = `${batch.txid}:${matchOf(batch, lease).output_index}`
    const [theirs, ours] = [await leaseAt(stockBid, point), await leaseAt(ask, point)]
    expect(theirs).toMatchObject({ premium_sat: ours?.premium_sat, clearing_rate_price: 900, channel_amt_sat: 500_000 })
    expect((await accountOf(taker)).available_balance).toBe((await accountOf(taker)).value)
    expect(stock.process.running).toBe(true)
    await stock.pool('getinfo')
  })
})
