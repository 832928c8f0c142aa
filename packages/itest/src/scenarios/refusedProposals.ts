import { expect } from 'vitest'
import { decodeMessage, encodeMessage } from '@tidepool/rpc'
import type { poolrpc } from '@tidepool/rpc'
import { AuctioneerProxy } from '../harness/auctioneerProxy.ts'
import type { Bend } from '../harness/auctioneerProxy.ts'
import { fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import type { RunAnswer } from './words/answers.ts'
import type { Deal } from './words/arithmetic.ts'
import { confirmBatch, runAuction, runBatch, untilSettled } from './words/auction.ts'
import { assertConserved } from './words/balances.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { assertLease } from './words/leases.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, orderOf, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'
import { RunningBalance } from './words/runningBalance.ts'

const MESSAGE = 'poolrpc.ServerAuctionMessage'
type Prepare = poolrpc.OrderMatchPrepare

interface Refusal {
  /** How the auctioneer names it. */
  readonly code: string
  readonly detail: string
  /** What Carol's daemon says of it. */
  readonly named: string
  readonly change: (prepare: Prepare) => poolrpc.OrderMatchPrepareInit
}

/** Every way to refuse a batch as a whole, and what makes Carol do it. The last one bars her until she subscribes anew. */
const REFUSALS: readonly Refusal[] = [
  {
    code: 'full_reject',
    detail: 'unknown',
    named: 'HEIGHT_HINT_OUT_OF_RANGE',
    change: (prepare) => ({ ...prepare, batchHeightHint: prepare.batchHeightHint + 10 }),
  },
  {
    code: 'full_reject',
    detail: 'server_misbehavior',
    named: 'ENDING_BALANCE_WRONG',
    change: (prepare) => ({
      ...prepare,
      chargedAccounts: prepare.chargedAccounts.map((diff) => ({ ...diff, endingBalance: diff.endingBalance - 1n })),
    }),
  },
  {
    code: 'full_reject',
    detail: 'batch_version_mismatch',
    named: 'BATCH_VERSION_MISMATCH',
    change: (prepare) => ({ ...prepare, batchVersion: prepare.batchVersion - 1 }),
  },
]

const BOBS: Deal = { units: 2, pricePpb: 1_000, blocks: LEASE_BLOCKS }
const CAROLS: Deal = { units: 2, pricePpb: 1_500, blocks: LEASE_BLOCKS }
const MAKER = { value: 3_000_000n, version: 2 } as const
const TAKER = { value: 1_500_000n, version: 2 } as const
const AMOUNT = 200_000n

/**
 * Somebody between Carol and the auctioneer spoils what she is proposed, and she refuses it as a whole, each time with
 * another reason: Bob is served in her place, and nothing happens to her. Without the stranger she trades.
 */
export async function refusedProposals(market: Market): Promise<void> {
  const [alice, bob, carol] = await market.traders('alice', 'bob', 'carol')
  await clearBook(market)
  const [maker, steady, picky] = await fundAccounts(
    market,
    { trader: alice, ...MAKER },
    { trader: bob, ...TAKER },
    { trader: carol, ...TAKER },
  )
  const balances = {
    maker: new RunningBalance(maker, MAKER.value),
    steady: new RunningBalance(steady, TAKER.value),
    picky: new RunningBalance(picky, TAKER.value),
  }
  const carols = await submitBid(picky, { amount: AMOUNT, rate: CAROLS.pricePpb })
  const proxy = await AuctioneerProxy.start(market.stack.dir, market.auctioneer)
  try {
    await carol.stop()
    await carol.start([`--auctionserver=${proxy.address}`, `--tlspathauctserver=${proxy.tlsCertPath}`])
    await untilOpen(market, picky)
    for (const refusal of REFUSALS) {
      const lines = carol.process.log().length
      proxy.bend = bending(refusal.change)
      const ask = await submitAsk(maker, { amount: AMOUNT, rate: 500 })
      const bobs = await submitBid(steady, { amount: AMOUNT, rate: BOBS.pricePpb })
      const { run, batch } = await runAuction(market)
      if (batch === undefined) throw new Error(`no batch: ${JSON.stringify(run)}`)
      expect(batch).toMatchObject({ num_attempts: 2, matches: [{ ask_nonce: ask.nonce, bid_nonce: bobs.nonce }] })
      assertRefused(run, picky, refusal)
      expect(carol.process.log().slice(lines).join(' ')).toContain(refusal.named)
      await untilSettled(batch, maker, steady)
      await confirmBatch(market, batch)
      await assertLease(market, batch, { ask, bid: bobs, deal: BOBS })
      await balances.maker.traded(market, batch, { out: [BOBS] })
      await balances.steady.traded(market, batch, { in: [BOBS] })
      await assertConserved(market, batch)
      await balances.picky.untouched()
      expect(await orderOf(carols)).toMatchObject({ state: 'ORDER_SUBMITTED', units_unfulfilled: CAROLS.units })
    }
  } finally {
    proxy.stop()
  }
  await tradesAtLast(market, { maker, picky, carols, balances })
}

function assertRefused({ attempts }: RunAnswer, { key }: OpenAccount, { code, detail }: Refusal): void {
  const { failures } = attempts[0] ?? { failures: [] }
  expect(failures).toMatchObject([{ code, account_keys: [key] }])
  expect(failures[0]?.detail).toContain(detail)
}

interface Waiting {
  readonly maker: OpenAccount
  readonly picky: OpenAccount
  readonly carols: PlacedOrder
  readonly balances: Readonly<Record<'maker' | 'picky', RunningBalance>>
}

async function tradesAtLast(market: Market, { maker, picky, carols, balances }: Waiting): Promise<void> {
  const ask = await submitAsk(maker, { amount: AMOUNT, rate: 500 })
  await picky.trader.stop()
  await picky.trader.start()
  await untilOpen(market, picky)
  const batch = await runBatch(market)
  await untilSettled(batch, maker, picky)
  await confirmBatch(market, batch)
  await assertLease(market, batch, { ask, bid: carols, deal: CAROLS })
  await balances.maker.traded(market, batch, { out: [CAROLS] })
  await balances.picky.traded(market, batch, { in: [CAROLS] })
  await assertConserved(market, batch)
  await assertNothingLeft(market)
}

/** Every proposal that goes down, changed. */
const bending =
  (change: Refusal['change']): Bend =>
  (method, bytes) => {
    if (method !== 'SubscribeBatchAuction') return bytes
    const { msg } = decodeMessage(MESSAGE, bytes)
    return msg?.case === 'prepare'
      ? encodeMessage(MESSAGE, { msg: { case: 'prepare', value: change(msg.value) } })
      : bytes
  }
