import { expect } from 'vitest'
import { feeForWeight, satPerKWeight, weight } from '@tidepool/crypto'
import { accountOf, fundAccounts, type OpenAccount, type ScriptVersion } from './words/accounts.ts'
import type { AccountAnswer } from './words/answers.ts'
import { moneyOf } from './words/chainMoney.ts'
import { assertAccount, change, close, confirmed, versionFlag, witnessOf } from './words/changes.ts'
import type { Market } from './words/market.ts'
import { clearBook, orderOf, submitAsk } from './words/orders.ts'

const VERSIONS = [0, 1, 2] as const
const VALUE = 1_000_000n
const BLOCKS_AHEAD = 2_500

/** A target instead of a rate, a height instead of blocks: with every command, for every version. */
export async function targetsAndHeights(market: Market): Promise<void> {
  const trader = await market.trader('bob')
  const expiry = (await market.stack.chain.height()) + BLOCKS_AHEAD
  const accounts: OpenAccount[] = []
  for (const version of VERSIONS) {
    const flags = [`--amt=${VALUE}`, `--expiry_height=${expiry}`, `--version=${version + 1}`, '--sat_per_vbyte=11']
    const opened = (await trader.pool('accounts', 'new', ...flags, '--force')) as AccountAnswer
    expect(opened).toMatchObject({ state: 'PENDING_OPEN', expiration_height: expiry, value: Number(VALUE) })
    accounts.push({ trader, key: opened.trader_key, version })
  }
  await confirmed(market, ...accounts)
  const rate = await estimate(market, 6)
  await paidAtTarget(market, accounts, rate)
  for (const account of accounts) {
    expect(await accountOf(account)).toMatchObject({ expiration_height: expiry + 100 })
    const { fee } = await close(market, account, '--conf_target=6')
    const output = account.version === 0 ? 31 : 43
    expect(fee).toBe(feeOf(rate, account.version, [output]))
  }
}

/** Deposits, pays out and renews at what is estimated for six blocks. */
async function paidAtTarget(market: Market, accounts: readonly OpenAccount[], rate: bigint): Promise<void> {
  const { addr } = await market.stack.nodes.alice.rpc.walletKit.nextAddr({ type: 'WITNESS_PUBKEY_HASH' })
  const { expiration_height: expiry } = await accountOf(accounts[0] ?? nobody())
  const target = '--conf_target=6'
  for (const account of accounts) {
    await change(account, 'deposit', '--amt=90000', target, versionFlag(account.version))
  }
  await confirmed(market, ...accounts)
  for (const account of accounts) {
    await assertAccount(market, account, VALUE + 90_000n)
    const flags = ['--amt=40000', `--addr=${addr}`, target, versionFlag(account.version)]
    const { txid } = await change(account, 'withdraw', ...flags)
    expect((await moneyOf(market.stack.chain, txid)).fee).toBe(feeOf(rate, account.version, [43, 31]))
  }
  await confirmed(market, ...accounts)
  for (const account of accounts) {
    const flags = [target, `--expiry_height=${expiry + 100}`, versionFlag(account.version)]
    const { txid } = await change(account, 'renew', ...flags)
    expect((await moneyOf(market.stack.chain, txid)).fee).toBe(feeOf(rate, account.version, [43]))
  }
  await confirmed(market, ...accounts)
}

function feeOf(satPerKw: bigint, version: ScriptVersion, outputs: readonly number[]): bigint {
  const size = outputs.reduce((sum, bytes) => sum + bytes, 10 + 41)
  return feeForWeight(satPerKWeight(satPerKw), weight(4 * size + 2 + witnessOf(version)))
}

/** What the trader's own node says, asked past our daemons. */
async function estimate(market: Market, confTarget: number): Promise<bigint> {
  const { satPerKw } = await market.stack.nodes.bob.rpc.walletKit.estimateFee({ confTarget })
  return satPerKw < 253n ? 253n : satPerKw
}

/** What is quoted is what is paid; what open orders may cost is not available, and cannot be withdrawn. */
export async function quotedAndReserved(market: Market): Promise<void> {
  const trader = await market.trader('bob')
  await clearBook(market)
  const quote = await trader.trader.quoteAccount({ accountValue: VALUE, fees: { case: 'confTarget', value: 6 } })
  expect(quote.minerFeeRateSatPerKw).toBe(await estimate(market, 6))
  expect(quote.minerFeeTotal).toBeGreaterThan(100n)
  const [account] = await fundAccounts(market, { trader, value: VALUE, version: 2 })
  const order = await submitAsk(account, { amount: 500_000n, rate: 1_000 })
  const reserved = Number((await orderOf(order)).reserved_value_sat)
  expect(reserved).toBeGreaterThan(500_000)
  expect(await accountOf(account)).toMatchObject({ value: 1_000_000, available_balance: 1_000_000 - reserved })

  const { addr } = await market.stack.nodes.alice.rpc.walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })
  const take = `--amt=${VALUE - BigInt(reserved) - 100n}`
  const refused = await trader.poolRaw(
    'accounts',
    'withdraw',
    account.key,
    take,
    `--addr=${addr}`,
    '--sat_per_vbyte=11',
  )
  expect(refused.exitCode).toBe(1)
  expect(refused.stderr).toContain(order.nonce)
  const kept = await trader.poolRaw('accounts', 'close', account.key, '11')
  expect(kept.exitCode).toBe(1)
  expect(kept.stderr).toContain(order.nonce)

  await trader.pool('orders', 'cancel', order.nonce)
  expect(await accountOf(account)).toMatchObject({ available_balance: 1_000_000 })
  await change(account, 'withdraw', '--amt=800000', `--addr=${addr}`, '--sat_per_vbyte=11')
  await confirmed(market, account)
  await close(market, account, '11')
}

function nobody(): never {
  throw new Error('accounts were opened')
}
