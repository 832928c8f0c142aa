import { expect } from 'vitest'
import { txid, type Txid } from '@tidepool/crypto'
import { until } from '../harness/until.ts'
import { fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import type { Deal } from './words/arithmetic.ts'
import { batchesOf, confirmBatch, runBatch, untilPublished, untilSettled } from './words/auction.ts'
import type { BatchAnswer, RunAnswer } from './words/answers.ts'
import { assertConserved } from './words/balances.ts'
import { whileOpening } from './words/deaths.ts'
import { DURING_FUNDING } from './words/moments.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { assertLease } from './words/leases.ts'
import { startAgain, type Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'
import { pendingTxids } from './words/pending.ts'
import { RunningBalance } from './words/runningBalance.ts'

const MAKER = { value: 2_000_000n, version: 2 } as const
const BOBS = { value: 1_000_000n, version: 1 } as const
const CAROLS = { value: 1_000_000n, version: 2 } as const
const DEAL: Deal = { units: 4, pricePpb: 1_000, blocks: LEASE_BLOCKS }

/** Bob has signed, Carol's node is still asked whether it wants its channel. */
const BETWEEN_SIGNATURES = 'between-signatures'

/** Moments of a batch at which auctioneerd ends at once; see its `--debug.exit-at`. */
export const DEATHS_OF_NOTHING = [
  'after-prepare',
  'after-sign-begin',
  DURING_FUNDING,
  BETWEEN_SIGNATURES,
  'before-commit',
] as const
type DeathOfNothing = (typeof DEATHS_OF_NOTHING)[number]
/** From here on the batch is durable. */
type DeathOfABatch = 'after-commit' | 'after-publish'

export const auctioneerDiesAfterCommit = (market: Market): Promise<void> => batchSurvives(market, 'after-commit')
export const auctioneerDiesBeforeCommit = (market: Market): Promise<void> => nothingSurvives(market, ['before-commit'])

interface Three {
  readonly accounts: Readonly<Record<'maker' | 'bobs' | 'carols', OpenAccount>>
  readonly balances: Readonly<Record<'maker' | 'bobs' | 'carols', RunningBalance>>
  readonly ask: PlacedOrder
  readonly bids: readonly PlacedOrder[]
}

/** The batch is durable: after the restart exactly its transaction is published, or seen to be. */
export async function batchSurvives(market: Market, death: DeathOfABatch): Promise<void> {
  const three = await prepare(market)
  const earlier = await batchesOf(market)
  const [signed] = await dieDuringAuction(market, three, death)
  if (signed === undefined) throw new Error('no channel was opened before the auctioneer died')
  expect((await market.stack.chain.mempool()).includes(signed)).toBe(death === 'after-publish')

  // A stock daemon that cannot ask for the terms when its batch confirms forgets that it did.
  await startAgain(market)
  await untilPublished(market, signed)
  const [batch, ...older] = await batchesOf(market)
  expect(older.map((one) => one.txid)).toEqual(earlier.map((one) => one.txid))
  if (batch === undefined) throw new Error('the committed batch is gone')
  expect(batch.txid).toBe(signed)
  await assertOutcome(market, batch, three)
}

/** Some or all have signed, nothing is durable: those transactions never appear, and the next auction makes another. */
export async function nothingSurvives(market: Market, deaths: readonly DeathOfNothing[]): Promise<void> {
  const three = await prepare(market)
  const earlier = await batchesOf(market)
  const lost: Txid[] = []
  for (const death of deaths) {
    const signed = await dieDuringAuction(market, three, death)
    if (death === 'before-commit' || death === BETWEEN_SIGNATURES) expect([death, signed.length]).toEqual([death, 1])
    lost.push(...signed)
    await market.auctioneer.start()
    for (const account of Object.values(three.accounts)) await untilOpen(market, account)
    for (const balance of Object.values(three.balances)) await balance.untouched()
    expect(await batchesOf(market)).toEqual(earlier)
    const { auctions } = (await market.auctioneer.ctl('auctions', '--limit=1')) as {
      readonly auctions: readonly RunAnswer[]
    }
    expect(auctions).toMatchObject([{ outcome: 'failed', attempts: [{ ended_in: 'interrupted' }] }])
  }
  const batch = await runBatch(market)
  await assertOutcome(market, batch, three)
  expect(lost).not.toContain(batch.txid)
  for (const id of lost) expect(await market.stack.chain.transaction(id)).toBeUndefined()
}

async function prepare(market: Market): Promise<Three> {
  const [alice, bob, carol] = await market.traders('alice', 'bob', 'carol')
  await clearBook(market)
  const [maker, bobs, carols] = await fundAccounts(
    market,
    { trader: alice, ...MAKER },
    { trader: bob, ...BOBS },
    { trader: carol, ...CAROLS },
  )
  const ask = await submitAsk(maker, { amount: 800_000n, rate: 800 })
  const bids = [
    await submitBid(bobs, { amount: 400_000n, rate: 1_000 }),
    await submitBid(carols, { amount: 400_000n, rate: 1_200 }),
  ]
  const balances = {
    maker: new RunningBalance(maker, MAKER.value),
    bobs: new RunningBalance(bobs, BOBS.value),
    carols: new RunningBalance(carols, CAROLS.value),
  }
  return { accounts: { maker, bobs, carols }, balances, ask, bids }
}

/** Runs an auction that ends the auctioneer; resolves to the transaction whose channels were opened, if they got so far. */
async function dieDuringAuction(
  market: Market,
  { accounts }: Three,
  point: DeathOfNothing | DeathOfABatch,
): Promise<readonly Txid[]> {
  const { auctioneer } = market
  const isOurs = point === DURING_FUNDING || point === BETWEEN_SIGNATURES
  if (!isOurs) {
    await auctioneer.stop()
    await auctioneer.start([`--debug.exit-at=${point}`])
    for (const account of Object.values(accounts)) await untilOpen(market, account)
  }
  const before = new Set(await pendingTxids(market, 'alice'))
  const kills = isOurs ? killWhileOpening(market, accounts.bobs, point) : Promise.resolve()
  await expect(auctioneer.ctl('auction', 'run-now')).rejects.toThrow(/UNAVAILABLE|CANCELLED/)
  await kills
  await auctioneer.process.ended()
  return (await pendingTxids(market, 'alice')).filter((id) => !before.has(id)).map(txid)
}

function killWhileOpening(market: Market, { trader }: OpenAccount, point: string): Promise<void> {
  const lines = trader.process.log().length
  const hasSigned = (): boolean =>
    trader.process
      .log()
      .slice(lines)
      .some((line) => line.includes('batch state changed') && line.includes('"to":"signed"'))
  const kill = async (): Promise<void> => {
    if (point === BETWEEN_SIGNATURES) await until('Bob has signed', hasSigned, { pauseMs: 20 })
    await market.auctioneer.kill()
  }
  return whileOpening(market, 'carol', kill, true)
}

async function assertOutcome(market: Market, batch: BatchAnswer, three: Three): Promise<void> {
  const { accounts, balances, ask, bids } = three
  // Whoever was not told finds it on the chain.
  await confirmBatch(market, batch)
  await untilSettled(batch, ...Object.values(accounts))
  // The chain may have told a trader how it ended before it is connected again; its leases come from the auctioneer.
  for (const account of Object.values(accounts)) await untilOpen(market, account)
  for (const bid of bids) await assertLease(market, batch, { ask, bid, deal: DEAL })
  await balances.maker.traded(market, batch, { out: [DEAL, DEAL] })
  await balances.bobs.traded(market, batch, { in: [DEAL] })
  await balances.carols.traded(market, batch, { in: [DEAL] })
  await assertConserved(market, batch)
  await assertNothingLeft(market)
}
