import { fundAccounts, type OpenAccount } from './accounts.ts'
import type { BatchAnswer } from './answers.ts'
import { afterLeasingIn, afterLeasingOut, type Deal } from './arithmetic.ts'
import { runBatch, untilPublished, untilSettled } from './auction.ts'
import { assertBalance, assertConserved } from './balances.ts'
import { assertLease } from './leases.ts'
import type { Market } from './market.ts'
import { clearBook, LEASE_BLOCKS, submitAsk, submitBid, type PlacedOrder } from './orders.ts'

const MAKER = { value: 3_000_000n, version: 2 } as const
const TAKER = { value: 1_500_000n, version: 1 } as const
const UNITS = 2
/** What each bid takes of the ask. */
export const CHAINED_AMOUNT = BigInt(UNITS) * 100_000n
/** Of the bids, one after the other. */
export const CHAINED_PRICES = [1_100, 1_000, 950] as const

/** Batches that stand on each other: one ask, and a bid in each of them. */
export interface Chained {
  readonly maker: OpenAccount
  readonly taker: OpenAccount
  readonly ask: PlacedOrder
  readonly bids: PlacedOrder[]
  readonly batches: BatchAnswer[]
}

/** Alice's ask, with room for several bids of Bob's. */
export async function beginChain(market: Market): Promise<Chained> {
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [maker, taker] = await fundAccounts(market, { trader: alice, ...MAKER }, { trader: bob, ...TAKER })
  const ask = await submitAsk(maker, { amount: 1_200_000n, rate: 900 })
  return { maker, taker, ask, bids: [], batches: [] }
}

/** One more batch, on top of those that wait. */
export async function chainBatch(
  market: Market,
  { maker, taker, bids, batches }: Chained,
  rate: number,
): Promise<BatchAnswer> {
  bids.push(await submitBid(taker, { amount: CHAINED_AMOUNT, rate }))
  const batch = await runBatch(market)
  await untilSettled(batch, maker, taker)
  await untilPublished(market, batch.txid)
  batches.push(batch)
  return batch
}

/** Each batch charged its own rate; both accounts hold what is left after all of them. The newest batch. */
export async function assertChained(market: Market, chained: Chained): Promise<BatchAnswer> {
  const { maker, taker, ask, bids, batches } = chained
  let [makerNow, takerNow] = [MAKER.value, TAKER.value] as [bigint, bigint]
  for (const [i, batch] of batches.entries()) {
    const deal: Deal = { units: UNITS, pricePpb: CHAINED_PRICES[i] ?? 0, blocks: LEASE_BLOCKS }
    const bid = bids[i]
    if (bid === undefined) throw new Error('a batch without its bid')
    await assertLease(market, batch, { ask, bid, deal })
    await assertConserved(market, batch)
    const rate = BigInt(batch.fee_rate_sat_per_kw)
    makerNow = afterLeasingOut({ ...MAKER, value: makerNow }, [deal], rate)
    takerNow = afterLeasingIn({ ...TAKER, value: takerNow }, [deal], rate)
  }
  const newest = batches.at(-1)
  if (newest === undefined) throw new Error('no batch')
  await assertBalance(market, newest, { account: maker, value: makerNow })
  await assertBalance(market, newest, { account: taker, value: takerNow })
  return newest
}
