import { expect } from 'vitest'
import type { TraderDaemon } from '../harness/traderDaemon.ts'
import { until } from '../harness/until.ts'
import { fundAccounts, type OpenAccount } from './words/accounts.ts'
import { moneyOf } from './words/chainMoney.ts'
import { assertAccount, change, close, confirmed, soloFee, untilState, versionFlag } from './words/changes.ts'
import { startAgain, type Market } from './words/market.ts'

const VERSIONS = [0, 1, 2] as const
const VALUE = 1_000_000n
const RATE = 12n

/** A version 0 account becomes version 1, then 2, on the way of ordinary changes, and still pays out. */
export async function accountUpgrades(market: Market): Promise<void> {
  const trader = await market.trader('alice')
  const [old, direct] = await fundAccounts(
    market,
    { trader, value: VALUE, version: 0 },
    { trader, value: VALUE, version: 0 },
  )
  const { addr } = await market.stack.nodes.bob.rpc.walletKit.nextAddr({ type: 'WITNESS_PUBKEY_HASH' })
  const paid = await change(
    old,
    'withdraw',
    '--amt=100000',
    `--addr=${addr}`,
    `--sat_per_vbyte=${RATE}`,
    versionFlag(1),
  )
  expect(paid.account.version).toBe('ACCOUNT_VERSION_TAPROOT')
  // Without a version: the newest.
  const deposit = await change(direct, 'deposit', '100000', `${RATE}`)
  expect(deposit.account.version).toBe('ACCOUNT_VERSION_TAPROOT_V2')
  await confirmed(market, old, direct)
  const left = VALUE - 100_000n - soloFee(RATE, 0, 31)
  await assertAccount(market, old, left)
  await assertAccount(market, direct, VALUE + 100_000n)

  const back = await trader.poolRaw('accounts', 'renew', direct.key, `${RATE}`, versionFlag(0))
  expect(back.exitCode).toBe(1)
  expect(back.stderr).toMatch(/cannot go back to version 0/)
  expect((await change(old, 'renew', `${RATE}`)).account.version).toBe('ACCOUNT_VERSION_TAPROOT_V2')
  await confirmed(market, old)
  await assertAccount(market, old, left - soloFee(RATE, 1))
  await close(market, { ...old, version: 2 }, `${RATE}`)
  await close(market, { ...direct, version: 2 }, '--conf_target=6')
}

const SHORT_EXPIRY = 144

/** Before it expires, list and log say how many blocks are left and what to do. */
async function warned(trader: TraderDaemon, { key }: OpenAccount): Promise<void> {
  const { stdout } = await trader.poolRaw('--table', 'accounts', 'list')
  expect(stdout).toMatch(
    new RegExp(`expires in \\d+ blocks: extend it with: pool accounts renew ${key} RATE, or close it`),
  )
  await trader.process.waitForLine(new RegExp(`account expires.*${key}|${key}.*account expires`))
}

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
  await warned(trader, renewed)
  await market.stack.mine(SHORT_EXPIRY)
  for (const account of [renewed, ...accounts]) await untilState(account, 'EXPIRED')
  const refused = await trader.poolRaw('accounts', 'deposit', renewed.key, '1000', `${RATE}`)
  expect(refused.exitCode).toBe(1)
  expect(refused.stderr).toMatch(/accounts renew/)

  await change(renewed, 'renew', `${RATE}`, '--expiry_blocks=1000', versionFlag(2))
  await confirmed(market, renewed)
  await assertAccount(market, renewed, VALUE - soloFee(RATE, 2))

  await market.auctioneer.stop()
  const { addr: target } = await market.stack.nodes.bob.rpc.walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })
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
  await startAgain(market)
  for (const account of accounts) {
    await until('the auctioneer notices', async () => {
      const { accounts: all } = await market.auctioneer.admin.listAccounts({})
      return all.some((one) => Buffer.from(one.accountKey).toString('hex') === account.key && one.state === 'closed')
    })
  }
}
