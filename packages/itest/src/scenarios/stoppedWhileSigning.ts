import { expect } from 'vitest'
import { txid } from '@tidepool/crypto'
import type { AuctioneerDaemon } from '../harness/auctioneerDaemon.ts'
import type { TraderDaemon } from '../harness/traderDaemon.ts'
import { until } from '../harness/until.ts'
import { fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import type { BatchAnswer } from './words/answers.ts'
import type { Deal } from './words/arithmetic.ts'
import { batchesOf, confirmBatch, runAuction, untilSettled } from './words/auction.ts'
import { assertConserved } from './words/balances.ts'
import { thaw } from './words/freezing.ts'
import { assertLeases } from './words/leases.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, orderOf, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'
import { pendingTxids } from './words/pending.ts'
import { RunningBalance } from './words/runningBalance.ts'

const UNITS = 2
const AMOUNT = BigInt(UNITS) * 100_000n
const DEAL: Deal = { units: UNITS, pricePpb: 1_000, blocks: LEASE_BLOCKS }
const VALUE = { value: 2_000_000n, version: 2 } as const

type Stoppable = AuctioneerDaemon | TraderDaemon

interface Three {
  readonly accounts: readonly [alice: OpenAccount, bob: OpenAccount, carol: OpenAccount]
  readonly balances: readonly RunningBalance[]
  readonly ask: PlacedOrder
  readonly bids: readonly PlacedOrder[]
}

/**
 * The channels of a batch are pending, Alice and Bob have signed, Carol's daemon hangs before she does. Then the auctioneer,
 * another time Alice's daemon, is asked to stop, and ends by itself. No batch comes of it, orders and accounts are as they
 * were, and all of them trade in the next one.
 */
export async function stoppedWhileSigning(market: Market): Promise<void> {
  const three = await prepare(market)
  const alice = await market.trader('alice')
  const earlier = await batchesOf(market)
  const abandoned: string[] = []
  for (const daemon of [market.auctioneer, alice]) {
    abandoned.push(await stopsWhileSigning(market, three, daemon))
    expect(await batchesOf(market)).toEqual(earlier)
  }
  expect(new Set(abandoned).size).toBe(2)
  const batch = await until('all have caught up', async () => (await runAuction(market)).batch)
  expect(abandoned).not.toContain(batch.txid)
  await untilSettled(batch, ...three.accounts)
  await confirmBatch(market, batch)
  for (const account of three.accounts) await untilOpen(market, account)
  await assertTraded(market, batch, three)
  for (const id of abandoned) expect(await market.stack.chain.transaction(txid(id))).toBeUndefined()
  await assertNothingLeft(market)
}

async function prepare(market: Market): Promise<Three> {
  const [a, b, c] = await market.traders('alice', 'bob', 'carol')
  await clearBook(market)
  const accounts = await fundAccounts(market, { trader: a, ...VALUE }, { trader: b, ...VALUE }, { trader: c, ...VALUE })
  const [alice, bob, carol] = accounts
  const ask = await submitAsk(alice, { amount: 2n * AMOUNT, rate: 800 })
  const bids = [
    await submitBid(bob, { amount: AMOUNT, rate: DEAL.pricePpb }),
    await submitBid(carol, { amount: AMOUNT, rate: 1_200 }),
  ]
  const balances = accounts.map((account) => new RunningBalance(account, VALUE.value))
  return { accounts, balances, ask, bids }
}

/** Resolves to the transaction that comes to nothing. */
async function stopsWhileSigning(market: Market, three: Three, daemon: Stoppable): Promise<string> {
  const [alice, bob, carol] = three.accounts
  const before = new Set(await pendingTxids(market, 'alice'))
  await carol.trader.stop()
  await carol.trader.start(['--debug.freeze-at=after-channels'])
  await untilOpen(market, carol)
  const signed = [alice, bob].map(({ trader }) => hasSigned(trader))
  const over = market.auctioneer.ctl('auction', 'run-now').catch(() => undefined)
  for (const has of signed) await until('Alice and Bob have signed', has, { pauseMs: 20 })
  const opened = (await pendingTxids(market, 'alice')).filter((id) => !before.has(id))
  await daemon.stop()
  expect(daemon.process.exitCode).toBe(0)
  thaw(carol.trader)
  await over
  await daemon.start()
  for (const account of three.accounts) await untilOpen(market, account)
  for (const balance of three.balances) await balance.untouched()
  for (const order of [three.ask, ...three.bids]) {
    const { units_unfulfilled: left, units, state } = await orderOf(order)
    expect([state, left]).toEqual(['ORDER_SUBMITTED', units])
  }
  const [id, ...more] = opened
  if (id === undefined || more.length > 0) throw new Error(`one transaction expected: ${opened.join(', ')}`)
  return id
}

/** Since now. */
function hasSigned({ process }: TraderDaemon): () => boolean {
  const lines = process.log().length
  return () =>
    process
      .log()
      .slice(lines)
      .some((line) => line.includes('batch state changed') && line.includes('"to":"signed"'))
}

async function assertTraded(market: Market, batch: BatchAnswer, { ask, bids, balances }: Three): Promise<void> {
  const [alice, bob, carol] = balances
  await assertLeases(
    market,
    batch,
    bids.map((bid) => ({ ask, bid, deal: DEAL })),
  )
  await alice?.traded(market, batch, { out: [DEAL, DEAL] })
  await bob?.traded(market, batch, { in: [DEAL] })
  await carol?.traded(market, batch, { in: [DEAL] })
  await assertConserved(market, batch)
}
