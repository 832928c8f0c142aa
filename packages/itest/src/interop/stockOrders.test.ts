import { beforeAll, describe, expect, it } from 'vitest'
import { fromHex, toHex } from '@tidepool/crypto'
import type { poolrpc, tidepool } from '@tidepool/rpc'
import { startStockTrader, type TraderDaemon } from '../harness/traderDaemon.ts'
import { useMarket } from '../scenarios/useMarket.ts'
import { accountOf, fundAccounts, untilOpen, type OpenAccount } from '../scenarios/words/accounts.ts'
import type { BatchAnswer, SubmitAnswer } from '../scenarios/words/answers.ts'
import { afterTrading } from '../scenarios/words/arithmetic.ts'
import { confirmBatch, runBatch, untilSettled } from '../scenarios/words/auction.ts'
import { assertBalance, assertConserved } from '../scenarios/words/balances.ts'
import { assertChannel, assertLeases, assertMatch, pointOf, type ExpectedLease } from '../scenarios/words/leases.ts'
import { LEASE_BLOCKS, orderFlags, orderOf, ordersOf, submitAsk, submitBid } from '../scenarios/words/orders.ts'
import { OPTION_CASES, optionsInHelp } from './orderOptions.ts'

const STOCK = { value: 3_000_000n, version: 2 } as const
const OURS = { value: 3_000_000n, version: 1 } as const
const WISH = { amount: 200_000n, rate: 1_000 }
const CLOSED = 8_064

/** The Go daemon and command line of lightninglabs/pool at our auctioneer: what each option becomes there. */
describe("every option of a stock trader's order", () => {
  const market = useMarket('daemons')
  let stock: TraderDaemon
  let account: OpenAccount
  let ours: OpenAccount

  beforeAll(async () => {
    const { dir, logDir, nodes } = market().stack
    const lnd = nodes.alice.endpoint
    stock = await startStockTrader({ name: 'alice', dir, logDir, lnd, auctioneer: market().auctioneer })
    market().adopt('alice', stock)
    const bob = await market().trader('bob')
    const opened = await fundAccounts(market(), { trader: stock, ...STOCK }, { trader: bob, ...OURS })
    account = opened[0]
    ours = opened[1]
  }, 600_000)

  async function held(nonce: string): Promise<tidepool.AdminOrder | undefined> {
    const { orders } = await market().auctioneer.admin.listOrders({ accountKey: fromHex(account.key) })
    return orders.find((order) => toHex(order.nonce) === nonce)
  }

  it.each(OPTION_CASES)('$kind $flags $wish', async ({ kind, flags, wish, seen }) => {
    const submit = kind === 'ask' ? submitAsk : submitBid
    const placed = await submit(account, { ...WISH, ...wish, flags })
    const there = await held(placed.nonce)
    await stock.pool('orders', 'cancel', placed.nonce)
    expect(there).toMatchObject(seen)
    expect(await held(placed.nonce)).toBeUndefined()
  })

  it('is tried, but for sidecar tickets', async () => {
    for (const kind of ['ask', 'bid'] as const) {
      const { stdout } = await stock.poolRaw('orders', 'submit', kind, '--help')
      const tried = OPTION_CASES.filter((one) => one.kind === kind).flatMap(({ flags, wish }) => [
        ...flags,
        ...orderFlags(account, { ...WISH, ...wish }),
      ])
      const names = new Set(tried.map((flag) => flag.replace(/^--/, '').replace(/=.*/, '')))
      expect(optionsInHelp(stdout).filter((name) => !names.has(name))).toEqual(kind === 'bid' ? ['sidecar_ticket'] : [])
    }
  })

  it('is taken in every order version, signed as that version says', async () => {
    for (const version of [0, 1, 2, 3, 4, 5]) {
      for (const kind of ['ask', 'bid'] as const) {
        const nonce = await submitRaw(kind, { version, leaseDurationBlocks: LEASE_BLOCKS })
        const there = await held(nonce)
        await stock.pool('orders', 'cancel', nonce)
        expect(there).toMatchObject({ kind, version, minUnitsMatch: 1 })
      }
    }
    await expect(submitRaw('bid', { version: 1, leaseDurationBlocks: 4_032 })).rejects.toThrow('ORDER_VERSION_TOO_LOW')
  })

  async function submitRaw(kind: 'ask' | 'bid', fields: Pick<poolrpc.AskInit, 'version' | 'leaseDurationBlocks'>) {
    const details: poolrpc.OrderInit = {
      traderKey: fromHex(account.key),
      amt: WISH.amount,
      rateFixed: WISH.rate,
      minUnitsMatch: 1,
      maxBatchFeeRateSatPerKw: 25_000n,
    }
    const answer = await stock.trader.submitOrder({ details: { case: kind, value: { ...fields, details } } })
    if (answer.details?.case === 'acceptedOrderNonce') return toHex(answer.details.value)
    throw new Error(answer.details?.value.failString)
  }

  it('is refused with words the stock command line prints, and the order has failed there', async () => {
    const ctl = (...args: readonly string[]) => market().auctioneer.ctl(...args)
    await ctl('durations', 'set', String(CLOSED), 'closed')
    expect(await refusal({ ...WISH, blocks: CLOSED })).toContain('[ORDER_DURATION_CLOSED]')
    await ctl('bans', 'add', account.key, '--reason=maintenance')
    expect(await refusal(WISH)).toMatch(/the account is banned for good: maintenance \[ORDER_BANNED\]/)
    await ctl('bans', 'lift', account.key)
    await ctl('durations', 'set', String(CLOSED), 'accepting')
    const failed = (await ordersOf(stock)).filter(({ details }) => details.state === 'ORDER_FAILED')
    expect(failed).toHaveLength(3)
    expect(await ordersOf(stock, false)).toEqual([])
  })

  async function refusal(wish: Parameters<typeof orderFlags>[1]): Promise<string | undefined> {
    const answer = await stock.pool('orders', 'submit', 'bid', ...orderFlags(account, wish))
    return (answer as SubmitAnswer).invalid_order?.fail_string
  }

  it('becomes the channel it asks for', { timeout: 300_000 }, async () => {
    const only = `--allowed_node_id=${market().stack.nodes.bob.nodeKey}`
    const wide = await submitAsk(ours, {
      amount: 800_000n,
      rate: 900,
      flags: ['--announcement_constraints=0', '--confirmation_constraints=0'],
    })
    const at = { pricePpb: 1_325, blocks: LEASE_BLOCKS }
    const bids = {
      unannounced: await submitBid(account, { amount: 300_000n, rate: 1_500, flags: ['--unannounced_channel'] }),
      zeroConf: await submitBid(account, {
        amount: 200_000n,
        rate: 1_400,
        flags: ['--zero_conf_channel', '--channel_type=script-enforced'],
      }),
      balanced: await submitBid(account, {
        amount: 200_000n,
        minChannel: 200_000n,
        rate: 1_350,
        flags: ['--self_chan_balance=150000'],
      }),
      picky: await submitBid(account, { amount: 100_000n, rate: 1_325, flags: [only, '--min_node_tier=1'] }),
    }
    const leases: readonly ExpectedLease[] = [
      { ask: wide, bid: bids.unannounced, deal: { ...at, units: 3 }, unannounced: true },
      { ask: wide, bid: bids.zeroConf, deal: { ...at, units: 2 } },
      { ask: wide, bid: bids.balanced, deal: { ...at, units: 2, selfBalance: 150_000n } },
      { ask: wide, bid: bids.picky, deal: { ...at, units: 1 } },
    ]
    const batch = await batchOf(leases)
    await assertLeases(market(), batch, leases)
  })

  it('becomes a taproot channel, and one that the counterpart fills', { timeout: 300_000 }, async () => {
    const tapped = { amount: 300_000n, minChannel: 300_000n }
    const taproot = '--channel_type=simple-taproot'
    const outbound = '--auction_type=outbound'
    const one = { amount: 100_000n, rate: 1_600 }
    const at = { pricePpb: 1_300, blocks: LEASE_BLOCKS }
    const tap: ExpectedLease = {
      ask: await submitAsk(ours, { ...tapped, rate: 950, flags: [taproot, '--announcement_constraints=2'] }),
      bid: await submitBid(account, { ...tapped, rate: 1_300, flags: [taproot, '--unannounced_channel'] }),
      deal: { ...at, units: 3 },
      unannounced: true,
      taproot: true,
    }
    const push: ExpectedLease = {
      ask: await submitAsk(account, { ...one, minChannel: 400_000n, rate: 1_100, flags: [outbound] }),
      bid: await submitBid(ours, { ...one, flags: [outbound, '--self_chan_balance=400000'] }),
      deal: { ...at, units: 1, selfBalance: 400_000n, outbound: true },
    }
    const batch = await batchOf([tap, push])
    // The stock command lists no leases any more once one of them is a taproot channel.
    for (const lease of [tap, push]) {
      assertMatch(batch, lease)
      await assertChannel(market(), pointOf(batch, lease), batch, lease)
    }
  })

  /** One attempt brings all of it about; both accounts are worth what the deals leave them. */
  async function batchOf(leases: readonly ExpectedLease[]): Promise<BatchAnswer> {
    const before = await Promise.all([account, ours].map(accountOf))
    const batch = await runBatch(market())
    await untilSettled(batch, account, ours)
    await confirmBatch(market(), batch)
    expect(batch).toMatchObject({ num_attempts: 1, matches: leases.map(() => ({})) })
    for (const [i, owner] of [account, ours].entries()) {
      const deals = {
        out: leases.filter(({ ask }) => ask.account === owner).map(({ deal }) => deal),
        in: leases.filter(({ bid }) => bid.account === owner).map(({ deal }) => deal),
      }
      const start = { value: BigInt(before[i]?.value ?? 0), version: owner.version }
      const value = afterTrading(start, deals, BigInt(batch.fee_rate_sat_per_kw))
      await assertBalance(market(), batch, { account: owner, value })
      await untilOpen(market(), owner)
    }
    await assertConserved(market(), batch)
    for (const order of leases.flatMap(({ ask, bid }) => [ask, bid])) {
      expect(await orderOf(order)).toMatchObject({ state: 'ORDER_EXECUTED' })
    }
    expect(stock.process.running).toBe(true)
    return batch
  }
})
