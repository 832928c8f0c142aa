import { expect } from 'vitest'
import { fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import type { BatchAnswer } from './words/answers.ts'
import type { Deal } from './words/arithmetic.ts'
import { confirmBatch, runBatch, untilSettled } from './words/auction.ts'
import { assertConserved } from './words/balances.ts'
import { diesInAuction } from './words/deaths.ts'
import type { AFTER_SIGNING, BEFORE_SIGNING } from './words/moments.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { assertLease } from './words/leases.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, orderOf, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'
import { pendingChannels } from './words/pending.ts'
import { RunningBalance } from './words/runningBalance.ts'

type Death = (typeof BEFORE_SIGNING | typeof AFTER_SIGNING)[number]

const TAKER = { value: 2_000_000n, version: 2 } as const
const BOBS: Deal = { units: 2, pricePpb: 1_000, blocks: LEASE_BLOCKS }
const CAROLS: Deal = { units: 3, pricePpb: 1_300, blocks: LEASE_BLOCKS }
const MAKER = { value: 6_000_000n, version: 2 } as const
const ALL = 3_000_000n

interface Three {
  readonly ask: PlacedOrder
  readonly maker: OpenAccount
  readonly steady: OpenAccount
  readonly unlucky: OpenAccount
  readonly balances: Readonly<Record<'maker' | 'steady' | 'unlucky', RunningBalance>>
}

/** Carol accepts a batch and dies before she signs; the others go on, and she comes back to an intact account. */
export const traderKilled = (market: Market): Promise<void> => traderDies(market, ['after-sign-begin'])

/** Whenever Carol dies: the others trade, and she comes back to what she had or to what she signed for. */
export async function traderDies(market: Market, deaths: readonly Death[]): Promise<void> {
  const three = await prepare(market)
  let carols = await submitCarols(three)
  for (const death of deaths) {
    const traded = await diesOnce(market, three, carols, death)
    if (traded) carols = await submitCarols(three)
  }
  const last = await runBatch(market)
  await confirmBatch(market, last)
  await assertTraded(market, last, three, { carols })
  await assertNothingLeft(market)
}

/** Whether she traded all the same. */
async function diesOnce(market: Market, three: Three, carols: PlacedOrder, death: Death): Promise<boolean> {
  const { maker, steady, unlucky, balances } = three
  const carol = unlucky.trader
  const pendingBefore = await pendingChannels(market, 'carol')
  const bobs = await submitBid(steady, { amount: 200_000n, rate: BOBS.pricePpb })
  const { run, batch } = await diesInAuction(market, unlucky, death)
  if (batch === undefined) throw new Error(`${death}: no batch: ${JSON.stringify(run)}`)
  await untilSettled(batch, maker, steady)
  await confirmBatch(market, batch)
  await carol.start()
  await untilOpen(market, unlucky)

  const traded = batch.matches.length === 2
  if (death !== 'after-sign') expect([death, traded]).toEqual([death, death === 'before-finalize'])
  await assertTraded(market, batch, three, traded ? { bobs, carols } : { bobs })
  if (!traded) {
    expect(batch).toMatchObject({ num_attempts: 2, matches: [{ bid_nonce: bobs.nonce }] })
    await balances.unlucky.untouched()
    expect(await orderOf(carols)).toMatchObject({ state: 'ORDER_SUBMITTED', units_unfulfilled: CAROLS.units })
    // What she signed may confirm until her account is spent otherwise.
    const mayHaveSigned = death === 'after-sign' || death === 'before-sign'
    if (!mayHaveSigned) expect(await pendingChannels(market, 'carol')).toEqual(pendingBefore)
  }
  return traded
}

async function prepare(market: Market): Promise<Three> {
  const [alice, bob, carol] = await market.traders('alice', 'bob', 'carol')
  await clearBook(market)
  const [maker, steady, unlucky] = await fundAccounts(
    market,
    { trader: alice, ...MAKER },
    { trader: bob, ...TAKER },
    { trader: carol, ...TAKER },
  )
  const ask = await submitAsk(maker, { amount: ALL, rate: 800 })
  const balances = {
    maker: new RunningBalance(maker, MAKER.value),
    steady: new RunningBalance(steady, TAKER.value),
    unlucky: new RunningBalance(unlucky, TAKER.value),
  }
  return { ask, maker, steady, unlucky, balances }
}

const submitCarols = ({ unlucky }: Three): Promise<PlacedOrder> =>
  submitBid(unlucky, { amount: 300_000n, rate: CAROLS.pricePpb })

/** Beside Bob the lower of both bids makes the price, alone her own does. */
async function assertTraded(
  market: Market,
  batch: BatchAnswer,
  { ask, unlucky, balances }: Three,
  { bobs, carols }: { readonly bobs?: PlacedOrder; readonly carols?: PlacedOrder },
): Promise<void> {
  const deals: Deal[] = []
  if (bobs !== undefined) {
    await assertLease(market, batch, { ask, bid: bobs, deal: BOBS })
    await balances.steady.traded(market, batch, { in: [BOBS] })
    deals.push(BOBS)
  }
  if (carols !== undefined) {
    const deal = bobs === undefined ? CAROLS : { ...CAROLS, pricePpb: BOBS.pricePpb }
    await untilSettled(batch, unlucky)
    await assertLease(market, batch, { ask, bid: carols, deal })
    await balances.unlucky.traded(market, batch, { in: [deal] })
    deals.push(deal)
  }
  await balances.maker.traded(market, batch, { out: deals })
  await assertConserved(market, batch)
}
