import { rmSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { startStockTrader, type TraderDaemon } from '../harness/traderDaemon.ts'
import { until } from '../harness/until.ts'
import { useMarket } from '../scenarios/useMarket.ts'
import { accountOf, auctioneersView, fundAccounts, untilOpen, type OpenAccount } from '../scenarios/words/accounts.ts'
import type { AccountAnswer } from '../scenarios/words/answers.ts'
import { moneyOf } from '../scenarios/words/chainMoney.ts'
import { assertAccount, change, close, confirmed, untilState, versionFlag } from '../scenarios/words/changes.ts'
import { ordersOf, submitAsk } from '../scenarios/words/orders.ts'

const VERSIONS = [0, 1, 2] as const
const VALUE = 1_000_000n
const DEPOSIT = 250_000n
const WITHDRAWAL = 150_000n
const RATE = '12'
const ONE = { value: VALUE }
const VERSION_NAMES = ['ACCOUNT_VERSION_LEGACY', 'ACCOUNT_VERSION_TAPROOT', 'ACCOUNT_VERSION_TAPROOT_V2'] as const

/** The Go daemon and the Go command line of lightninglabs/pool; the auctioneer is ours. One account of each version. */
describe('accounts of a stock trader', () => {
  const market = useMarket('daemons')
  let stock: TraderDaemon
  let accounts: readonly OpenAccount[] = []
  const balances = new Map<OpenAccount, bigint>()
  const balanceOf = (account: OpenAccount): bigint => balances.get(account) ?? 0n

  async function assertBalances(): Promise<void> {
    for (const account of accounts) await assertAccount(market(), account, balanceOf(account))
  }

  beforeAll(async () => {
    const { dir, logDir, nodes } = market().stack
    const lnd = nodes.alice.endpoint
    stock = await startStockTrader({ name: 'alice', dir, logDir, lnd, auctioneer: market().auctioneer })
    market().adopt('alice', stock)
  }, 600_000)

  it('are opened', async () => {
    accounts = await fundAccounts(market(), ...VERSIONS.map((version) => ({ trader: stock, value: VALUE, version })))
    for (const account of accounts) balances.set(account, VALUE)
    await assertBalances()
  })

  it('are paid into', async () => {
    for (const account of accounts) {
      const { txid } = await change(account, 'deposit', `${DEPOSIT}`, RATE, versionFlag(account.version))
      const { transaction } = await moneyOf(market().stack.chain, txid)
      expect(transaction.inputs.length).toBeGreaterThan(1)
      balances.set(account, balanceOf(account) + DEPOSIT)
    }
    await confirmed(market(), ...accounts)
    await assertBalances()
  })

  it('are drawn on, with another expiry', async () => {
    const { addr } = await market().stack.nodes.bob.rpc.walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })
    for (const account of accounts) {
      const flags = [`${WITHDRAWAL}`, addr, RATE, '--expiry_blocks=5000', versionFlag(account.version)]
      const { txid } = await change(account, 'withdraw', ...flags)
      const { fee, transaction } = await moneyOf(market().stack.chain, txid)
      expect(transaction.outputs.map(({ value }) => value)).toContain(WITHDRAWAL)
      balances.set(account, balanceOf(account) - WITHDRAWAL - fee)
    }
    await confirmed(market(), ...accounts)
    await assertBalances()
  })

  it('are renewed', async () => {
    for (const account of accounts) {
      const { txid } = await change(account, 'renew', RATE, '--expiry_blocks=6000', versionFlag(account.version))
      balances.set(account, balanceOf(account) - (await moneyOf(market().stack.chain, txid)).fee)
    }
    await confirmed(market(), ...accounts)
    await assertBalances()
    const height = await market().stack.chain.height()
    for (const account of accounts) {
      const { expiration_height: expiry } = await accountOf(account)
      expect(expiry).toBeGreaterThan(height + 5_900)
      expect((await auctioneersView(market(), account))?.expiry).toBe(expiry)
    }
  })

  it('pay more for a change that waits', async () => {
    for (const account of accounts) {
      const { txid } = await change(account, 'deposit', '20000', RATE, versionFlag(account.version))
      expect(await stock.pool('accounts', 'bumpfee', account.key, '30')).toEqual({})
      await until('lnd is to spend the change of the deposit', () => sweeps(txid))
      balances.set(account, balanceOf(account) + 20_000n)
    }
    await confirmed(market(), ...accounts)
    await assertBalances()
  })

  it('are recovered after the data folder was lost, their orders canceled', async () => {
    const [first] = accounts
    if (first === undefined) throw new Error('accounts were opened')
    await submitAsk(first, { amount: 200_000n, rate: 5_000 })
    const before = await listed()
    await lostAndRecovered()
    for (const account of accounts) await untilOpen(market(), account)
    expect(await listed()).toEqual(before.map((account) => ({ ...account, available_balance: account.value })))
    expect(await ordersOf(stock)).toEqual([])
    await assertBalances()
  })

  it('are recovered in the middle of a change, which then confirms', async () => {
    const { addr } = await market().stack.nodes.bob.rpc.walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })
    const turns = [
      ['deposit', `${DEPOSIT}`, RATE],
      ['withdraw', `${WITHDRAWAL}`, addr, RATE],
      ['renew', RATE, '--expiry_blocks=7000'],
    ] as const
    const told: AccountAnswer[] = []
    for (const [i, account] of accounts.entries()) {
      const [command, ...flags] = turns[i] ?? turns[2]
      const { account: after } = await change(account, command, ...flags, versionFlag(account.version))
      told.push(after)
      balances.set(account, BigInt(after.value))
    }
    await lostAndRecovered()
    for (const [i, account] of accounts.entries()) {
      const { value, outpoint, expiration_height: expiry, latest_txid: txid } = told[i] ?? {}
      const now = { value, outpoint, expiration_height: expiry, latest_txid: txid, state: 'PENDING_UPDATE' }
      expect(await accountOf(account)).toMatchObject(now)
    }
    await confirmed(market(), ...accounts)
    await assertBalances()
  })

  it('change after a recovery, and are closed', async () => {
    const [, , third] = accounts
    if (third === undefined) throw new Error('accounts were opened')
    await change(third, 'deposit', '10000', RATE, versionFlag(third.version))
    balances.set(third, balanceOf(third) + 10_000n)
    await confirmed(market(), third)
    await assertBalances()

    const closes: string[] = []
    for (const account of accounts) {
      const { close_txid: id } = (await stock.pool('accounts', 'close', account.key, RATE)) as CloseAnswer
      const { paidIn, paidOut } = await moneyOf(market().stack.chain, id)
      expect(paidIn).toBe(balanceOf(account))
      expect(paidOut).toBeGreaterThan(paidIn - 5_000n)
      closes.push(id)
    }
    await market().stack.mine(6)
    for (const id of closes) expect((await moneyOf(market().stack.chain, id)).confirmations).toBe(6)
    for (const account of accounts) {
      await untilState(account, 'CLOSED')
      await until('the auctioneer calls it closed', async () => {
        return (await auctioneersView(market(), account))?.state === 'closed'
      })
    }
    expect(stock.process.running).toBe(true)
  })

  it('are upgraded, one version at a time or two at once', async () => {
    // Keys that a recovery tried stay silent until the stock daemon is started again.
    await stock.stop()
    await stock.start()
    const fresh = await fundAccounts(
      market(),
      ...([0, 0] as const).map((version) => ({ ...ONE, trader: stock, version })),
    )
    const left = fresh.map(() => VALUE)
    for (const versions of [
      [1, 2],
      [2, 2],
    ] as const) {
      for (const [i, account] of fresh.entries()) {
        const flags = [RATE, '--expiry_blocks=4100', versionFlag(versions[i] ?? 2)]
        left[i] =
          (left[i] ?? 0n) - (await moneyOf(market().stack.chain, (await change(account, 'renew', ...flags)).txid)).fee
      }
      await confirmed(market(), ...fresh)
      for (const [i, account] of fresh.entries()) {
        const { version } = await assertAccount(market(), account, left[i] ?? 0n)
        expect(version).toBe(VERSION_NAMES[versions[i] ?? 2])
        expect(await auctioneersView(market(), account)).toMatchObject({ version: versions[i] })
      }
    }
  })

  it('expire, and are closed by their owner alone or renewed', async () => {
    const short = { ...ONE, trader: stock, expiryBlocks: 150 }
    const [closed, renewed] = await fundAccounts(market(), { ...short, version: 0 }, { ...short, version: 2 })
    await market().stack.mine(150)
    for (const account of [closed, renewed]) {
      await untilState(account, 'EXPIRED')
      await until('the auctioneer calls it expired', async () => {
        return (await auctioneersView(market(), account))?.state === 'expired'
      })
    }
    const { paidIn, paidOut, fee } = await close(market(), closed, RATE)
    expect(paidIn).toBe(VALUE)
    expect(paidOut).toBe(VALUE - fee)
    expect(fee).toBeLessThan(5_000n)
    const { txid } = await change(renewed, 'renew', RATE, '--expiry_blocks=4000', versionFlag(2))
    await confirmed(market(), renewed)
    await assertAccount(market(), renewed, VALUE - (await moneyOf(market().stack.chain, txid)).fee)
    expect(stock.process.running).toBe(true)
  })

  async function lostAndRecovered(): Promise<void> {
    await stock.stop()
    rmSync(stock.baseDir, { recursive: true })
    await stock.start()
    expect(await listed()).toEqual([])
    expect(await stock.pool('accounts', 'recover')).toMatchObject({ num_recovered_accounts: accounts.length })
  }

  async function listed(): Promise<readonly AccountAnswer[]> {
    const { accounts: all } = (await stock.pool('accounts', 'list')) as { readonly accounts: readonly AccountAnswer[] }
    return all.toSorted((a, b) => (a.trader_key < b.trader_key ? -1 : 1))
  }

  /** The stock daemon leaves the moment to lnd, which makes the child with the next block. */
  async function sweeps(parent: string): Promise<boolean> {
    const { pendingSweeps } = await market().stack.nodes.alice.rpc.walletKit.pendingSweeps({})
    return pendingSweeps.some(({ outpoint }) => outpoint?.txidStr === parent)
  }
})

interface CloseAnswer {
  readonly close_txid: string
}
