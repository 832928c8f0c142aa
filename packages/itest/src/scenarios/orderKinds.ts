import { expect } from 'vitest'
import { fundAccounts, type OpenAccount } from './words/accounts.ts'
import type { BatchAnswer } from './words/answers.ts'
import { afterTrading, type Deal } from './words/arithmetic.ts'
import { confirmBatch, runBatch, untilSettled } from './words/auction.ts'
import { assertBalance, assertConserved } from './words/balances.ts'
import { activeChannel, assertLease, assertLeases, pointOf, type ExpectedLease } from './words/leases.ts'
import type { Market } from './words/market.ts'
import { clearBook, LEASE_BLOCKS, orderOf, submitAsk, submitBid, type PlacedOrder } from './words/orders.ts'
import { toldWhy, whyOf, whyTable } from './words/why.ts'

const LONG = 4_032
const NOT_OPEN = 8_064
const ANY_CHANNEL = ['--announcement_constraints=0', '--confirmation_constraints=0']
const TAPROOT = '--channel_type=simple-taproot'
const OUTBOUND = '--auction_type=outbound'
const MAKER = { value: 4_000_000n, version: 2 } as const
const BOB = { value: 3_000_000n, version: 1 } as const
const CAROL = { value: 3_000_000n, version: 0 } as const

type Accounts = Readonly<Record<'maker' | 'bob' | 'carol', OpenAccount>>

/**
 * One auction of two durations and both auction types: an announced ask filled over two batches, an unannounced, a
 * zero-conf and a taproot channel, one filled with the bidder's own coins; some orders that cannot be matched; between
 * the batches one of them is canceled.
 */
export async function orderKinds(market: Market): Promise<void> {
  const [alice, bobs, carols] = await market.traders('alice', 'bob', 'carol')
  await clearBook(market)
  await market.auctioneer.ctl('durations', 'set', String(LONG), 'open')
  const [maker, bob, carol] = await fundAccounts(
    market,
    { trader: alice, ...MAKER },
    { trader: bobs, ...BOB },
    { trader: carols, ...CAROL },
  )
  const accounts = { maker, bob, carol }
  const orders = await placeOrders(market, accounts)

  const first = await runBatch(market)
  await untilSettled(first, maker, bob, carol)
  expect(first.clearing_prices).toEqual({ [LEASE_BLOCKS]: 1_300, [LONG]: 900 })
  const leases = leasesOf(orders)
  await assertUsableAtOnce(market, first, leases.zeroConf)
  await assertReasons(market, orders)
  expect(await orderOf(orders.wide)).toMatchObject({ state: 'ORDER_PARTIALLY_FILLED', units_unfulfilled: 5 })
  await orders.tooCheap.account.trader.pool('orders', 'cancel', orders.tooCheap.nonce)

  const late = await submitBid(bob, { amount: 500_000n, rate: 1_200 })
  const second = await runBatch(market)
  await untilSettled(second, maker, bob)
  await confirmBatch(market, second)

  expect(first.matches).toHaveLength(5)
  await assertLeases(market, first, Object.values<ExpectedLease>(leases))
  await assertPushed(market, first, leases.push)
  const rest: Deal = { units: 5, pricePpb: 1_200, blocks: LEASE_BLOCKS }
  await assertLease(market, second, { ask: orders.wide, bid: late, deal: rest })
  await assertBalances(market, { first, second }, accounts, leases, rest)
  expect(await orderOf(orders.wide)).toMatchObject({ state: 'ORDER_EXECUTED', units_unfulfilled: 0 })
  expect(await orderOf(orders.tooCheap)).toMatchObject({ state: 'ORDER_CANCELED' })
  expect((await whyTable(market, { wide: orders.wide, late, unannounced: orders.unannounced }))['wide']).toContain(
    '5 with late',
  )
  await market.auctioneer.ctl('durations', 'set', String(LONG), 'accepting')
}

async function placeOrders(market: Market, { maker, bob, carol }: Accounts) {
  const stranger = `--not_allowed_node_id=${market.stack.nodes.alice.nodeKey}`
  const tapped = { amount: 300_000n, minChannel: 300_000n }
  return {
    wide: await submitAsk(maker, { amount: 1_000_000n, rate: 1_000, flags: ANY_CHANNEL }),
    tapAsk: await submitAsk(maker, { ...tapped, rate: 1_050, flags: [TAPROOT, '--announcement_constraints=2'] }),
    longAsk: await submitAsk(maker, { amount: 500_000n, rate: 800, blocks: LONG }),
    pushAsk: await submitAsk(carol, { amount: 100_000n, minChannel: 400_000n, rate: 1_100, flags: [OUTBOUND] }),
    unannounced: await submitBid(bob, { amount: 300_000n, rate: 1_500, flags: ['--unannounced_channel'] }),
    zeroConf: await submitBid(carol, { amount: 200_000n, rate: 1_400, flags: ['--zero_conf_channel'] }),
    tapBid: await submitBid(bob, { ...tapped, rate: 1_300, flags: [TAPROOT, '--unannounced_channel'] }),
    longBid: await submitBid(carol, { amount: 500_000n, rate: 900, blocks: LONG }),
    pushBid: await submitBid(bob, { amount: 100_000n, rate: 1_600, flags: [OUTBOUND, '--self_chan_balance=400000'] }),
    tooCheap: await submitBid(bob, { amount: 100_000n, rate: 500 }),
    denies: await submitBid(carol, { amount: 100_000n, rate: 2_000, flags: [stranger] }),
    tooLong: await submitBid(carol, { amount: 100_000n, rate: 2_000, blocks: NOT_OPEN }),
  } satisfies Record<string, PlacedOrder>
}

type Orders = Awaited<ReturnType<typeof placeOrders>>

function leasesOf(orders: Orders) {
  const at = { pricePpb: 1_300, blocks: LEASE_BLOCKS }
  const { wide, tapAsk, longAsk, pushAsk } = orders
  return {
    unannounced: { ask: wide, bid: orders.unannounced, deal: { ...at, units: 3 }, unannounced: true },
    zeroConf: { ask: wide, bid: orders.zeroConf, deal: { ...at, units: 2 } },
    taproot: { ask: tapAsk, bid: orders.tapBid, deal: { ...at, units: 3 }, unannounced: true, taproot: true },
    long: { ask: longAsk, bid: orders.longBid, deal: { units: 5, pricePpb: 900, blocks: LONG } },
    push: { ask: pushAsk, bid: orders.pushBid, deal: { ...at, units: 1, selfBalance: 400_000n, outbound: true } },
  } satisfies Record<string, ExpectedLease>
}

type Leases = ReturnType<typeof leasesOf>

/** Both nodes use it while its transaction waits for a block. */
async function assertUsableAtOnce(market: Market, batch: BatchAnswer, lease: ExpectedLease): Promise<void> {
  for (const order of [lease.ask, lease.bid]) {
    expect(await activeChannel(market, order, pointOf(batch, lease))).toMatchObject({ zeroConf: true })
  }
}

/** Who was matched with whom, and why the rest was not; a trader is told of its own. */
async function assertReasons(market: Market, orders: Orders): Promise<void> {
  expect(await whyTable(market, orders)).toEqual({
    wide: '2 with zeroConf, 3 with unannounced',
    tapAsk: '3 with tapBid',
    longAsk: '5 with longBid',
    pushAsk: '1 with pushBid',
    unannounced: '3 with wide',
    zeroConf: '2 with wide',
    tapBid: '3 with tapAsk',
    longBid: '5 with longAsk',
    pushBid: '1 with pushAsk',
    tooCheap: 'rates_do_not_cross',
    denies: 'node_not_admitted',
    tooLong: 'duration_not_open',
  })
  expect(await whyOf(market, orders.denies)).toMatchObject({ verdict: { code: 'node_not_admitted' } })
  expect(await toldWhy(orders.tooCheap)).toBe('rates_do_not_cross')
  expect(await toldWhy(orders.denies)).toBe('node_not_admitted')
}

/** The taker's own coins are on its side of the channel; what the opener keeps pays for commitment and anchors. */
async function assertPushed(market: Market, batch: BatchAnswer, push: ExpectedLease): Promise<void> {
  const takers = await activeChannel(market, push.bid, pointOf(batch, push))
  expect(takers.localBalance).toBe(400_000n)
  const makers = await activeChannel(market, push.ask, pointOf(batch, push))
  expect(makers.remoteBalance).toBe(400_000n)
  expect(makers.localBalance + makers.commitFee + 660n).toBe(100_000n)
}

async function assertBalances(
  market: Market,
  { first, second }: Readonly<Record<'first' | 'second', BatchAnswer>>,
  { maker, bob, carol }: Accounts,
  leases: Leases,
  rest: Deal,
): Promise<void> {
  const [rate1, rate2] = [BigInt(first.fee_rate_sat_per_kw), BigInt(second.fee_rate_sat_per_kw)]
  const { unannounced, zeroConf, taproot, long, push } = leases
  const lent = [unannounced.deal, zeroConf.deal, taproot.deal, long.deal]
  const makerNow = afterTrading(MAKER, { out: lent, in: [] }, rate1)
  const bobNow = afterTrading(BOB, { out: [], in: [unannounced.deal, taproot.deal, push.deal] }, rate1)
  const carolNow = afterTrading(CAROL, { out: [push.deal], in: [zeroConf.deal, long.deal] }, rate1)
  const later = { out: [rest], in: [] }
  await assertBalance(market, first, { account: carol, value: carolNow })
  await assertBalance(market, second, {
    account: maker,
    value: afterTrading({ ...MAKER, value: makerNow }, later, rate2),
  })
  const bobLater = afterTrading({ ...BOB, value: bobNow }, { out: [], in: [rest] }, rate2)
  await assertBalance(market, second, { account: bob, value: bobLater })
  await assertConserved(market, first)
  await assertConserved(market, second)
}
