import { expect } from 'vitest'
import { feeForWeight, satPerKWeight, weight } from '@tidepool/crypto'
import { until } from '../harness/until.ts'
import { accountOf, fundAccounts, type OpenAccount } from './words/accounts.ts'
import { assertEven, booksOf } from './words/books.ts'
import { moneyOf } from './words/chainMoney.ts'
import { assertAccount, change, close, confirmed, soloFee, versionFlag, witnessOf } from './words/changes.ts'
import type { Market } from './words/market.ts'

const VERSIONS = [0, 1, 2] as const
const VALUE = 1_000_000n
const RATE = 12n
const SAT_PER_KW = satPerKWeight(RATE * 250n)

const address = async (market: Market, type: 'WITNESS_PUBKEY_HASH' | 'TAPROOT_PUBKEY'): Promise<string> =>
  (await market.stack.nodes.bob.rpc.walletKit.nextAddr({ type })).addr

type Balances = ReadonlyMap<OpenAccount, bigint>

/** Opens, deposits, withdraws to two outputs, renews, pays more, closes: for each version, every satoshi on the chain. */
export async function accountLife(market: Market): Promise<void> {
  const trader = await market.trader('alice')
  const accounts: readonly OpenAccount[] = await fundAccounts(
    market,
    ...VERSIONS.map((version) => ({ trader, value: VALUE, version })),
  )
  await filled(market, accounts)
  const balances = await renewed(market, await drawnOn(market, accounts))
  for (const account of accounts) {
    const { expiration_height: expiry } = await assertAccount(market, account, balances.get(account) ?? 0n)
    expect(expiry).toBeGreaterThan((await market.stack.chain.height()) + 5000)
  }
  await bumped(market, accounts)
  await closed(market, accounts)
  const fees = (await trader.pool('accounts', 'listfees')) as FeesAnswer
  for (const { key } of accounts) {
    const actions = fees.accounts[key]?.modification_fees.map(({ action }) => action)
    // Renewals and payments to others do not touch the wallet, so lnd keeps no label of them.
    expect(actions).toEqual(expect.arrayContaining(['close', 'create', 'deposit']))
  }
  await audited(market, accounts, fees)
}

/** The wallet pays the fee of a deposit, so the account gets all of it. */
async function filled(market: Market, accounts: readonly OpenAccount[]): Promise<void> {
  const txids = new Set<string>()
  for (const account of accounts) {
    const made = await change(account, 'deposit', '250000', `${RATE}`, versionFlag(account.version))
    txids.add(made.txid)
    const { transaction, fee } = await moneyOf(market.stack.chain, made.txid)
    expect(transaction.inputs.length).toBeGreaterThan(1)
    expect(fee).toBeGreaterThanOrEqual(feeForWeight(SAT_PER_KW, weight(4 * 41 + witnessOf(account.version))))
    expect(fee).toBeLessThan(12_000n)
  }
  expect(txids.size).toBe(accounts.length)
  await confirmed(market, ...accounts)
  for (const account of accounts) await assertAccount(market, account, 1_250_000n)
}

/** Pays to a P2WKH and a P2TR address of somebody else. */
async function drawnOn(market: Market, accounts: readonly OpenAccount[]): Promise<Balances> {
  const [segwit, taproot] = [await address(market, 'WITNESS_PUBKEY_HASH'), await address(market, 'TAPROOT_PUBKEY')]
  const left = new Map<OpenAccount, bigint>()
  for (const account of accounts) {
    const outputs = [`--output=${segwit}:100000`, `--output=${taproot}:50000`]
    const flags = [...outputs, `--sat_per_vbyte=${RATE}`, versionFlag(account.version), '--expiry_blocks=5000']
    const made = await change(account, 'withdraw', ...flags)
    const { fee, transaction } = await moneyOf(market.stack.chain, made.txid)
    expect(fee).toBe(soloFee(RATE, account.version, 31, 43))
    expect(transaction.outputs.map(({ value }) => value)).toEqual(expect.arrayContaining([50_000n, 100_000n]))
    left.set(account, 1_100_000n - fee)
  }
  await confirmed(market, ...accounts)
  for (const [account, value] of left) await assertAccount(market, account, value)
  return left
}

async function renewed(market: Market, balances: Balances): Promise<Balances> {
  const left = new Map<OpenAccount, bigint>()
  for (const [account, value] of balances) {
    const made = await change(account, 'renew', `${RATE}`, '--expiry_blocks=6000', versionFlag(account.version))
    const { fee } = await moneyOf(market.stack.chain, made.txid)
    expect(fee).toBe(soloFee(RATE, account.version))
    left.set(account, value - fee)
  }
  await confirmed(market, ...left.keys())
  return left
}

async function closed(market: Market, accounts: readonly OpenAccount[]): Promise<void> {
  for (const account of accounts) {
    const before = BigInt((await accountOf(account)).value)
    const { paidIn, paidOut, fee } = await close(market, account, `${RATE}`)
    expect([paidIn, paidOut]).toEqual([before, before - fee])
    const outputSize = account.version === 0 ? 31 : 43
    expect(fee).toBe(feeForWeight(SAT_PER_KW, weight(4 * (10 + 41 + outputSize) + 2 + witnessOf(account.version))))
  }
}

/** The chain alone, asked last: what the daemons said of each account comes out even, satoshi by satoshi. */
async function audited(market: Market, accounts: readonly OpenAccount[], told: FeesAnswer): Promise<void> {
  for (const account of accounts) {
    const lines = await booksOf(market, account)
    assertEven(VALUE, lines, 0n)
    // Deposit, withdrawal, renewal, deposit, close.
    const grown = lines.map(({ before, after, fee, paidOut }) => [after - before, fee, paidOut] as const)
    expect(grown.map(([growth]) => growth)).toEqual([
      ...[250_000n, -150_000n - (grown[1]?.[1] ?? 0n), -(grown[2]?.[1] ?? 0n), 20_000n],
      -(lines[4]?.before ?? 0n),
    ])
    const fees = new Map(lines.map(({ txid, fee }) => [txid, fee]))
    for (const { action, txid, fee_value: fee } of told.accounts[account.key]?.modification_fees ?? []) {
      if (action !== 'create') expect(BigInt(fee ?? -1), `${action} ${txid}`).toBe(fees.get(txid))
    }
  }
}

interface FeesAnswer {
  readonly accounts: Readonly<
    Record<
      string,
      {
        readonly modification_fees: readonly {
          readonly action: string
          readonly txid: string
          readonly fee_value?: string
        }[]
      }
    >
  >
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
