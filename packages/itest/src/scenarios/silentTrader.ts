import { expect } from 'vitest'
import { until } from '../harness/until.ts'
import { fundAccounts, untilOpen, type OpenAccount } from './words/accounts.ts'
import type { BatchAnswer, RunAnswer, SilencesAnswer } from './words/answers.ts'
import type { Deal } from './words/arithmetic.ts'
import { confirmBatch, runAuction, untilSettled, type AuctionEnd } from './words/auction.ts'
import { assertConserved } from './words/balances.ts'
import { whileOpening } from './words/deaths.ts'
import { freeze, thaw } from './words/freezing.ts'
import { assertLeases, type ExpectedLease } from './words/leases.ts'
import { assertNothingLeft } from './words/leftovers.ts'
import { restartAuctioneer, type Market } from './words/market.ts'
import { DURING_FUNDING, type AFTER_SIGNING, type BEFORE_SIGNING } from './words/moments.ts'
import { clearBook, LEASE_BLOCKS, orderOf, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'
import { RunningBalance } from './words/runningBalance.ts'

type Silence = (typeof BEFORE_SIGNING | typeof AFTER_SIGNING)[number]

/** What Carol does in the market: she takes beside Bob, or leases out to him for less than Alice. */
type Role = 'taker' | 'maker'

/** Who waits for a channel with a silent trader says so after 15 s, on a busy machine some seconds later. */
const STEPS = '--auction.step-timeout=24s'
const UNITS = 2
const AMOUNT = BigInt(UNITS) * 100_000n
const MAKER = { value: 6_000_000n, version: 2 } as const
const BOBS_RATE = 1_000
const LOW_RATE = 700
const CAROLS_RATE: Readonly<Record<Role, number>> = { taker: 1_300, maker: 500 }
/** Whether it was silence is decided 150 s after the time of the step. */
const SILENCE_KNOWN_MS = 240_000

interface Cast {
  readonly market: Market
  readonly role: Role
  readonly ask: PlacedOrder
  readonly alice: OpenAccount
  readonly bob: OpenAccount
  readonly carol: OpenAccount
  readonly balances: readonly (readonly [OpenAccount, RunningBalance])[]
}

/**
 * Carol's daemon falls silent at every stage of a batch, her connection and her node stay. Before her signature the
 * others get their batch in the next attempt, after the time of one step, and she is left out with the reason; after it
 * the batch is hers too. It has all its confirmations before she goes on, where she was and by herself, and she trades in
 * the next batch.
 */
export async function silentTrader(market: Market, role: Role, silences: readonly Silence[]): Promise<void> {
  await restartAuctioneer(market, STEPS)
  const cast = await prepare(market, role)
  for (const silence of silences) await silentOnce(cast, silence)
  await restartAuctioneer(market)
  await cast.carol.trader.stop()
  await cast.carol.trader.start()
  for (const account of [cast.alice, cast.bob, cast.carol]) await untilOpen(market, account)
  await assertNothingLeft(market)
}

async function prepare(market: Market, role: Role): Promise<Cast> {
  const [a, b, c] = await market.traders('alice', 'bob', 'carol')
  await clearBook(market)
  const [alice, bob, carol] = await fundAccounts(
    market,
    { trader: a, ...MAKER },
    { trader: b, ...MAKER },
    { trader: c, ...MAKER },
  )
  const ask = await submitAsk(alice, { amount: 4_000_000n, rate: 800 })
  const balances = [alice, bob, carol].map((account) => [account, new RunningBalance(account, MAKER.value)] as const)
  return { market, role, ask, alice, bob, carol, balances }
}

async function silentOnce(cast: Cast, silence: Silence): Promise<void> {
  const { market, role, alice, bob, carol } = cast
  const bobs = await submitBid(bob, { amount: AMOUNT, rate: BOBS_RATE })
  const submit = role === 'taker' ? submitBid : submitAsk
  const carols = await submit(carol, { amount: AMOUNT, rate: CAROLS_RATE[role] })
  const told = silence === 'after-sign-begin' ? await followed(market) : undefined
  const { run, batch } = await fallsSilentInAuction(cast, silence)
  if (batch === undefined) throw new Error(`${silence}: no batch: ${JSON.stringify(run)}`)
  const leases = leasesOf(cast, batch, { bobs, carols })
  const traded = leases.some(({ ask, bid }) => ask === carols || bid === carols)
  if (silence !== 'after-sign') expect([silence, traded]).toEqual([silence, silence === 'before-finalize'])
  if (!traded) await assertLeftOut(cast, silence, batch)
  await told?.assertTold(carol, batch)

  await untilSettled(batch, bob, ...(role === 'taker' || !traded ? [alice] : []))
  const waits = role === 'taker' && silence === 'after-sign-begin'
  if (waits) thaw(carol.trader)
  await confirmBatch(market, batch)
  if (!traded) await assertTraded(cast, batch, leases)
  thaw(carol.trader)
  await untilOpen(market, carol)
  if (traded) {
    await untilSettled(batch, carol)
    return assertTraded(cast, batch, leases)
  }
  for (const [account, balance] of cast.balances) if (account === carol) await balance.untouched()
  expect(await orderOf(carols)).toMatchObject({ state: 'ORDER_SUBMITTED', units_unfulfilled: UNITS })
  if (waits) await assertOnRecord(cast)
  await tradesInNext(cast, carols)
}

/** A second terminal, in which the operator is told each move as it is made. */
async function followed({ auctioneer }: Market) {
  const watcher = auctioneer.ctlProcess('--table', 'batches', 'show', '--follow')
  await watcher.waitForLine(/ idle$/)
  return {
    assertTold: async ({ key }: OpenAccount, { txid }: BatchAnswer): Promise<void> => {
      await watcher.waitForLine(/ {2}a batch was made \(/)
      await watcher.stop()
      const lines = watcher.log().join('\n')
      expect(lines).toMatch(/signing: attempt 1, [12] matches, \d+ sat\/kw, \S+, 1 of \d traders to answer/)
      expect(lines).toContain(`ended in sign by ${key.slice(0, 8)}`)
      expect(lines).toMatch(/ended in sign by \S+: silent sign$/m)
      expect(lines).toMatch(new RegExp(`publishing: attempt 2, 1 matches, \\d+ sat/kw, ${txid.slice(0, 8)}`))
    },
  }
}

/** The auction in which she hangs; over when the others have their batch. */
async function fallsSilentInAuction({ market, role, carol }: Cast, silence: Silence): Promise<AuctionEnd> {
  const { trader } = carol
  if (silence === DURING_FUNDING) {
    const run = runAuction(market)
    // Her node accepts all the same; as the maker's daemon she has asked hers for the channel before.
    await whileOpening(market, role === 'taker' ? 'carol' : 'bob', async () => freeze(trader), true)
    return run
  }
  await trader.stop()
  await trader.start([`--debug.freeze-at=${silence}`])
  await untilOpen(market, carol)
  return runAuction(market)
}

/** Without Carol Alice serves Bob; with her she serves both, or Carol serves him for less. */
function leasesOf(
  { ask, role }: Cast,
  batch: BatchAnswer,
  { bobs, carols }: { readonly bobs: PlacedOrder; readonly carols: PlacedOrder },
): readonly ExpectedLease[] {
  const takesPart = batch.matches.some((match) => [match.ask_nonce, match.bid_nonce].includes(carols.nonce))
  if (!takesPart) return [{ ask, bid: bobs, deal: deal(BOBS_RATE) }]
  if (role === 'maker') return [{ ask: carols, bid: bobs, deal: deal(BOBS_RATE) }]
  return [bobs, carols].map((bid) => ({ ask, bid, deal: deal(BOBS_RATE) }))
}

/** The second attempt made the batch; of the first the operator sees that she alone was silent, and when. */
async function assertLeftOut({ market, carol }: Cast, silence: Silence, batch: BatchAnswer): Promise<void> {
  expect([silence, batch.num_attempts]).toEqual([silence, 2])
  const { run } = (await market.auctioneer.ctl('batches', 'show')) as { readonly run: RunAnswer }
  const silent = run.attempts[0]?.failures.filter(({ code }) => code === 'silent') ?? []
  expect([silence, silent]).toMatchObject([silence, [{ code: 'silent', account_keys: [carol.key] }]])
  // Her Accept may or may not have left the house.
  if (silence !== 'after-accept') {
    expect([silence, silent[0]?.detail]).toEqual([silence, silence === 'after-prepare' ? 'prepare' : 'sign'])
  }
  expect(run.attempts[1]).toMatchObject({ ended_in: 'done', failures: [] })
}

/** Once, and forgiven with the next batch that she completes. */
async function assertOnRecord({ market, carol }: Cast): Promise<void> {
  const recorded = async () => (await silencesOf(market)).find(({ account_key: key }) => key === carol.key)
  const found = await until('her silence is on record', recorded, { timeoutMs: SILENCE_KNOWN_MS, pauseMs: 1_000 })
  expect(found).toMatchObject({ times: 1, step: 'sign', left_out_until_ns: '0', num_open_orders: 1 })
}

const silencesOf = async ({ auctioneer }: Market) => ((await auctioneer.ctl('silences')) as SilencesAnswer).silences

/** Once she has answered what she was asked, late as it is. Of the makers only she leases out so cheaply. */
async function tradesInNext(cast: Cast, carols: PlacedOrder): Promise<void> {
  const { market, role, ask, bob, carol } = cast
  const lease =
    role === 'taker'
      ? { ask, bid: carols, deal: deal(CAROLS_RATE.taker) }
      : { ask: carols, bid: await submitBid(bob, { amount: AMOUNT, rate: LOW_RATE }), deal: deal(LOW_RATE) }
  const batch = await until('Carol has caught up', async () => (await runAuction(market)).batch)
  expect(batch.num_attempts).toBe(1)
  await untilSettled(batch, carol)
  await confirmBatch(market, batch)
  await assertTraded(cast, batch, [lease])
  expect(await silencesOf(market)).toEqual([])
}

/** Leases, channels active on both nodes, and every balance, to the satoshi. */
async function assertTraded({ market, balances }: Cast, batch: BatchAnswer, leases: readonly ExpectedLease[]) {
  for (const [account, balance] of balances) {
    const out = leases.filter((lease) => lease.ask.account === account).map((lease) => lease.deal)
    const taken = leases.filter((lease) => lease.bid.account === account).map((lease) => lease.deal)
    if (out.length + taken.length === 0) continue
    await untilSettled(batch, account)
    await untilOpen(market, account)
    await balance.traded(market, batch, { out, in: taken })
  }
  await assertLeases(market, batch, leases)
  await assertConserved(market, batch)
}

const deal = (pricePpb: number): Deal => ({ units: UNITS, pricePpb, blocks: LEASE_BLOCKS })
