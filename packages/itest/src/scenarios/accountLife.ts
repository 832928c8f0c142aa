import { expect } from 'vitest'
import { feeForWeight, satPerKWeight, weight } from '@tidepool/crypto'
import { until } from '../harness/until.ts'
import { accountOf, fundAccounts, type OpenAccount, type ScriptVersion } from './words/accounts.ts'
import { moneyOf } from './words/chainMoney.ts'
import { assertAccount, change, close, confirmed, untilState, versionFlag } from './words/changes.ts'
import type { Market } from './words/market.ts'

const VERSIONS = [0, 1, 2] as const
const VALUE = 1_000_000n
const RATE = 12n
const SAT_PER_KW = satPerKWeight(RATE * 250n)

const witnessOf = (version: ScriptVersion): number => (version === 0 ? 229 : 66)
/** One account input, its new output counted as P2WSH, and outputs of so many bytes. */
const soloFee = (version: ScriptVersion, ...outputs: readonly number[]): bigint =>
  feeForWeight(SAT_PER_KW, weight(4 * (10 + 41 + 43 + outputs.reduce((a, b) => a + b, 0)) + 2 + witnessOf(version)))

const address = async (market: Market, type: 'WITNESS_PUBKEY_HASH' | 'TAPROOT_PUBKEY'): Promise<string> =>
  (await market.stack.nodes.bob.rpc.walletKit.nextAddr({ type })).addr

/** Opens, deposits, withdraws to two outputs, renews, pays more, closes: for each version, every satoshi on the chain. */
export async function accountLife(market: Market): Promise<void> {
  const trader = await market.trader('alice')
  const wishes = VERSIONS.map((version) => ({ trader, value: VALUE, version }))
  const accounts: readonly OpenAccount[] = await fundAccounts(market, ...wishes)
  const { chain } = market.stack

  const deposited = await eachOf(accounts, async (account) => {
    const made = await change(account, 'deposit', '250000', `${RATE}`, versionFlag(account.version))
    const { transaction, fee } = await moneyOf(chain, made.txid)
    expect(transaction.inputs.length).toBeGreaterThan(1)
    expect(fee).toBeGreaterThanOrEqual(feeForWeight(SAT_PER_KW, weight(4 * 41 + witnessOf(account.version))))
    expect(fee).toBeLessThan(12_000n)
    expect(made.account.value).toBe(1_250_000)
    return made
  })
  expect(new Set(deposited.map(({ txid }) => txid)).size).toBe(VERSIONS.length)
  await confirmed(market, ...accounts)
  for (const account of accounts) await assertAccount(market, account, 1_250_000n)

  const [segwit, taproot] = [await address(market, 'WITNESS_PUBKEY_HASH'), await address(market, 'TAPROOT_PUBKEY')]
  const left = new Map<OpenAccount, bigint>()
  for (const account of accounts) {
    const fee = soloFee(account.version, 31, 43)
    const outputs = [`--output=${segwit}:100000`, `--output=${taproot}:50000`]
    const flags = [...outputs, `--sat_per_vbyte=${RATE}`, versionFlag(account.version), '--expiry_blocks=5000']
    const made = await change(account, 'withdraw', ...flags)
    const money = await moneyOf(chain, made.txid)
    expect(money.fee).toBe(fee)
    expect(money.transaction.outputs.map(({ value }) => value)).toEqual(expect.arrayContaining([50_000n, 100_000n]))
    left.set(account, 1_100_000n - fee)
  }
  await confirmed(market, ...accounts)
  for (const account of accounts) await assertAccount(market, account, left.get(account) ?? 0n)

  for (const account of accounts) {
    const made = await change(account, 'renew', `${RATE}`, '--expiry_blocks=6000', versionFlag(account.version))
    expect((await moneyOf(chain, made.txid)).fee).toBe(soloFee(account.version))
    left.set(account, (left.get(account) ?? 0n) - soloFee(account.version))
  }
  await confirmed(market, ...accounts)
  for (const account of accounts) {
    const { expiration_height: expiry } = await assertAccount(market, account, left.get(account) ?? 0n)
    expect(expiry).toBeGreaterThan((await chain.height()) + 5000)
  }
  await bumped(market, accounts)
  for (const account of accounts) {
    const before = BigInt((await accountOf(account)).value)
    const { paidIn, paidOut, fee } = await close(market, account, `${RATE}`)
    expect([paidIn, paidOut]).toEqual([before, before - fee])
    const outputSize = account.version === 0 ? 31 : 43
    expect(fee).toBe(feeForWeight(SAT_PER_KW, weight(4 * (10 + 41 + outputSize) + 2 + witnessOf(account.version))))
  }
  const fees = (await trader.pool('accounts', 'listfees')) as FeesAnswer
  for (const { key } of accounts) {
    const actions = fees.accounts[key]?.modification_fees.map(({ action }) => action)
    // Renewals and payments to others do not touch the wallet, so lnd keeps no label of them.
    expect(actions?.toSorted()).toEqual(['close', 'create', 'deposit', 'deposit'])
  }
}

interface FeesAnswer {
  readonly accounts: Readonly<Record<string, { readonly modification_fees: readonly { readonly action: string }[] }>>
}

/** A deposit's change belongs to the wallet: it can pay for its parent, and again at a higher rate. */
async function bumped(market: Market, accounts: readonly OpenAccount[]): Promise<void> {
  for (const account of accounts) {
    const { txid } = await change(account, 'deposit', '20000', '11', versionFlag(account.version))
    await account.trader.pool('accounts', 'bumpfee', account.key, '30')
    await until('a child pays for the deposit', async () => {
      for (const id of await market.stack.chain.mempool()) {
        const found = await market.stack.chain.transaction(id)
        if (found?.transaction.inputs.some(({ prevout }) => prevout.txid === txid)) return true
      }
      return false
    })
  }
  await confirmed(market, ...accounts)
}

async function eachOf<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  for (const one of all) results.push(await work(one))
  return results
}

/** A version 0 account becomes version 1, then 2, on the way of ordinary changes, and still pays out. */
export async function accountUpgrades(market: Market): Promise<void> {
  const trader = await market.trader('alice')
  const [old, direct] = await fundAccounts(
    market,
    { trader, value: VALUE, version: 0 },
    { trader, value: VALUE, version: 0 },
  )
  expect((await change(old, 'renew', `${RATE}`, versionFlag(1))).account.version).toBe('ACCOUNT_VERSION_TAPROOT')
  // Without a version: the newest.
  const deposit = await change(direct, 'deposit', '100000', `${RATE}`)
  expect(deposit.account.version).toBe('ACCOUNT_VERSION_TAPROOT_V2')
  await confirmed(market, old, direct)
  await assertAccount(market, old, VALUE - soloFee(0))
  await assertAccount(market, direct, VALUE + 100_000n)

  const back = await trader.poolRaw('accounts', 'renew', direct.key, `${RATE}`, versionFlag(0))
  expect(back.exitCode).toBe(1)
  expect(back.stderr).toMatch(/cannot go back to version 0/)
  expect((await change(old, 'renew', `${RATE}`)).account.version).toBe('ACCOUNT_VERSION_TAPROOT_V2')
  await confirmed(market, old)
  await assertAccount(market, old, VALUE - soloFee(0) - soloFee(1))
  await close(market, { ...old, version: 2 }, `${RATE}`)
  await close(market, { ...direct, version: 2 }, '--conf_target=6')
}

const SHORT_EXPIRY = 144

/** Past their expiry, accounts are closed by their owner alone: the auctioneer is not even running. */
export async function accountExpiry(market: Market): Promise<void> {
  const trader = await market.trader('alice')
  const { chain } = market.stack
  const wishes = VERSIONS.map((version) => ({ trader, value: VALUE, version, expiryBlocks: SHORT_EXPIRY }))
  const [renewed, ...accounts]: readonly OpenAccount[] = await fundAccounts(
    market,
    { trader, value: VALUE, version: 2, expiryBlocks: SHORT_EXPIRY },
    ...wishes,
  )
  if (renewed === undefined) throw new Error('four accounts were opened')
  await market.stack.mine(SHORT_EXPIRY)
  for (const account of [renewed, ...accounts]) await untilState(account, 'EXPIRED')
  const refused = await trader.poolRaw('accounts', 'deposit', renewed.key, '1000', `${RATE}`)
  expect(refused.exitCode).toBe(1)
  expect(refused.stderr).toMatch(/accounts renew/)

  await change(renewed, 'renew', `${RATE}`, '--expiry_blocks=1000', versionFlag(2))
  await confirmed(market, renewed)
  await assertAccount(market, renewed, VALUE - soloFee(2))

  await market.auctioneer.stop()
  const target = await address(market, 'TAPROOT_PUBKEY')
  const closing: string[] = []
  for (const account of accounts) {
    const outputs = `--outputs=${target}:600000,${target}:390000`
    const { close_txid: id } = (await trader.pool('accounts', 'close', account.key, outputs)) as {
      readonly close_txid: string
    }
    closing.push(id)
  }
  await market.stack.mine(6)
  for (const account of accounts) await untilState(account, 'CLOSED')
  for (const id of closing) expect(await moneyOf(chain, id)).toMatchObject({ paidIn: VALUE, fee: 10_000n })
  await market.auctioneer.start()
  for (const account of accounts) {
    await until('the auctioneer notices', async () => {
      const { accounts: all } = await market.auctioneer.admin.listAccounts({})
      return all.some((one) => Buffer.from(one.accountKey).toString('hex') === account.key && one.state === 'closed')
    })
  }
}
