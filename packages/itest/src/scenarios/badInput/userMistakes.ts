import { expect } from 'vitest'
import { fromHex } from '@tidepool/crypto'
import { RpcError, type poolrpc } from '@tidepool/rpc'
import type { TraderDaemon } from '../../harness/traderDaemon.ts'
import { until } from '../../harness/until.ts'
import { accountOf, fundAccounts, requestAccount, untilOpen, type OpenAccount } from '../words/accounts.ts'
import type { AdminAccountsAnswer } from '../words/answers.ts'
import type { Market } from '../words/market.ts'
import { clearBook, orderFlags, ordersOf, submitBid, type PlacedOrder } from '../words/orders.ts'

const STRANGER = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const WISH = { amount: 200_000n, rate: 1_000 }
const SHORTEST = 144
const CONFIRMATIONS = 6

/** A user asks for what cannot be had; each time the command line says why, and nothing is lost. */
export async function userMistakes(market: Market): Promise<void> {
  const alice = await market.trader('alice')
  await clearBook(market)
  const [account] = await fundAccounts(market, { trader: alice, value: 1_000_000n, version: 2 })
  const placed = await submitBid(account, WISH)
  const before = await accountOf(account)
  const orders = await ordersOf(alice, false)

  await refusesAccounts(alice)
  await refusesOrders(account)
  await refusesRawOrders(placed)

  expect(alice.process.running && market.auctioneer.process.running).toBe(true)
  expect(await accountOf(account)).toEqual(before)
  expect(await ordersOf(alice, false)).toEqual(orders)
  await submitBid(account, WISH)
}

async function refusesAccounts(trader: TraderDaemon): Promise<void> {
  const open = (amount: number, ...flags: readonly string[]) =>
    refusalOf(trader, 'accounts', 'new', `--amt=${amount}`, '--conf_target=6', '--force', ...flags)
  expect(await open(99_999)).toMatch(/100.?000.*\(ACCOUNT_VALUE_TOO_LOW\)/s)
  expect(await open(1_000_000_001)).toMatch(/\(ACCOUNT_VALUE_TOO_HIGH\)/)
  expect(await open(500_000, '--expiry_blocks=100')).toMatch(/\(ACCOUNT_EXPIRY_TOO_SOON\)/)
  expect(await open(500_000, '--expiry_blocks=60000')).toMatch(/\(ACCOUNT_EXPIRY_TOO_FAR\)/)
  expect(await open(500_000, '--expiry_height=1')).toMatch(/\(ACCOUNT_EXPIRY_TOO_SOON\)/)
  expect(await open(999_000_000)).toMatch(/\(WALLET_CANNOT_FUND\)/)
}

async function refusesOrders({ trader, key }: OpenAccount): Promise<void> {
  const ask = (wish: Parameters<typeof orderFlags>[1], account = { key }) =>
    refusalOf(trader, 'orders', 'submit', 'ask', ...orderFlags(account, wish))
  expect(await ask({ ...WISH, amount: 2_000_000n })).toMatch(/\(ORDER_INSUFFICIENT_BALANCE\)/)
  expect(await ask({ ...WISH, blocks: 2_000 })).toMatch(/\(ORDER_DURATION_UNKNOWN\)/)
  expect(await ask(WISH, { key: STRANGER })).toMatch(/\(TRADER_ACCOUNT_UNKNOWN\)/)
  expect(await ask({ ...WISH, amount: 50_000n })).toMatch(/min_chan_amt is above the amount/)
  expect(await ask({ ...WISH, rate: 0 })).toMatch(/--interest_rate_percent/)
}

/** What the command line would not send, said to the daemon itself. */
async function refusesRawOrders({ nonce, account: { trader, key } }: PlacedOrder): Promise<void> {
  const bid = (details: poolrpc.OrderInit, rest: poolrpc.BidInit = {}): poolrpc.SubmitOrderRequestInit => ({
    details: { case: 'bid', value: { version: 5, leaseDurationBlocks: 2_016, ...rest, details } },
  })
  const good: poolrpc.OrderInit = {
    traderKey: fromHex(key),
    amt: 200_000n,
    rateFixed: 1_000,
    minUnitsMatch: 1,
    maxBatchFeeRateSatPerKw: 25_000n,
    channelType: 'ORDER_CHANNEL_TYPE_SCRIPT_ENFORCED',
  }
  const cases: readonly (readonly [request: poolrpc.SubmitOrderRequestInit, code: RegExp])[] = [
    [bid({ ...good, amt: 50_000n }), /^ORDER_AMOUNT_NOT_UNITS|^ORDER_MIN_UNITS_ABOVE_UNITS/],
    [bid({ ...good, amt: 0n }), /^ORDER_AMOUNT_NOT_UNITS|^ORDER_MIN_UNITS_ABOVE_UNITS/],
    [bid({ ...good, rateFixed: 0 }), /^ORDER_RATE_ZERO/],
    [bid({ ...good, minUnitsMatch: 0 }), /^ORDER_MIN_UNITS_ZERO/],
    [bid({ ...good, maxBatchFeeRateSatPerKw: 252n }), /^ORDER_FEE_RATE_TOO_LOW/],
    [bid(good, { version: 6 }), /^ORDER_VERSION_UNKNOWN/],
    [bid(good, { version: 1, leaseDurationBlocks: 4_032 }), /^ORDER_VERSION_TOO_LOW/],
    [bid(good, { selfChanBalance: 300_000n }), /^ORDER_SELF_BALANCE/],
    [bid({ ...good, orderNonce: fromHex(nonce) }), /^ORDER_NONCE_USED/],
    [{}, /^REQUEST_INVALID/],
  ]
  for (const [request, code] of cases) expect(await codeOf(trader.trader.submitOrder(request))).toMatch(code)
}

/** What the command said on its way out, or the reason an order was not taken. */
async function refusalOf(trader: TraderDaemon, ...words: readonly string[]): Promise<string> {
  const { exitCode, stderr, stdout } = await trader.poolRaw('--json', ...words)
  if (exitCode === 0) throw new Error(`${words.join(' ')} was not refused: ${stdout}`)
  return stderr
}

async function codeOf(call: Promise<poolrpc.SubmitOrderResponse>): Promise<string> {
  try {
    const { details } = await call
    return details?.case === 'invalidOrder' ? `ORDER_INVALID ${details.value.failString}` : 'accepted'
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    return `${error.detail.errorCode ?? error.detail.statusName} ${error.detail.details}`
  }
}

/** A reservation that nobody funds is no account; funding one later still works. */
export async function neverFunded(market: Market): Promise<void> {
  const bob = await market.trader('bob')
  const known = new Set((await accountsOf(market)).accounts.map((account) => account.account_key))
  await refusalOf(bob, 'accounts', 'new', '--amt=999000000', '--conf_target=6', '--force')
  await market.stack.mine(1)
  expect((await accountsOf(market)).accounts.every((account) => known.has(account.account_key))).toBe(true)
  await fundAccounts(market, { trader: bob, value: 400_000n, version: 1 })
}

/** An account that expires takes no orders any more; its owner still sees every satoshi of it. */
export async function expiredAccount(market: Market): Promise<void> {
  const carol = await market.trader('carol')
  const wish = { trader: carol, value: 600_000n, version: 0, expiryBlocks: SHORTEST } as const
  const { trader_key: key, expiration_height: expiry } = await requestAccount(wish)
  const account = { trader: carol, key, version: 0 } as const
  expect(await refusalOf(carol, 'orders', 'submit', 'bid', ...orderFlags(account, WISH))).toMatch(/ACCOUNT_NOT_READY\)/)
  await market.stack.mine(CONFIRMATIONS)
  await untilOpen(market, account)
  await market.stack.mine(expiry - (await market.stack.chain.height()))
  await until('the account has expired', async () => (await accountOf(account)).state === 'EXPIRED')
  expect(await refusalOf(carol, 'orders', 'submit', 'bid', ...orderFlags(account, WISH))).toMatch(/ACCOUNT_NOT_READY\)/)
  expect(await accountOf(account)).toMatchObject({ value: 600_000, state: 'EXPIRED' })
}

const accountsOf = async (market: Market): Promise<AdminAccountsAnswer> =>
  (await market.auctioneer.ctl('accounts')) as AdminAccountsAnswer
