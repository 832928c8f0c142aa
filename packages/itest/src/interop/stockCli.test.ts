import { rmSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { runJson } from '../harness/command.ts'
import { programs } from '../harness/paths.ts'
import { startTraderForStockCli, type TraderDaemon } from '../harness/traderDaemon.ts'
import { until } from '../harness/until.ts'
import { useMarket } from '../scenarios/useMarket.ts'
import { accountOf, fundAccounts, untilOpen, type OpenAccount } from '../scenarios/words/accounts.ts'
import { confirmBatch, runBatch, untilSettled } from '../scenarios/words/auction.ts'
import { moneyOf } from '../scenarios/words/chainMoney.ts'
import { assertAccount, change, close, confirmed, versionFlag } from '../scenarios/words/changes.ts'
import { ordersOf, submitAsk, submitBid } from '../scenarios/words/orders.ts'

const VERSIONS = [0, 1, 2] as const
const VALUE = 1_000_000n
const RATE = '12'

/** The Go command line of lightninglabs/pool drives our daemon; ours reads the same, to compare what they print. */
describe('the stock command line', () => {
  const market = useMarket('daemons')
  let alice: TraderDaemon
  let accounts: readonly OpenAccount[] = []

  beforeAll(async () => {
    const { dir, logDir, nodes } = market().stack
    const lnd = nodes.alice.endpoint
    alice = await startTraderForStockCli({ name: 'alice', dir, logDir, lnd, auctioneer: market().auctioneer })
    market().adopt('alice', alice)
  }, 600_000)

  /** Both command lines print the same, whatever the order and spacing. */
  async function same(...args: readonly string[]): Promise<unknown> {
    const { address, baseDir } = alice
    const ours = [programs.pool, `--rpcserver=${address}`, '--network=regtest', `--basedir=${baseDir}`, '--json']
    const theirs = await alice.pool(...args)
    expect(await runJson(process.execPath, [...ours, ...args]), args.join(' ')).toEqual(theirs)
    return theirs
  }

  it('asks for the state of daemon and auction', async () => {
    const { nodeKey } = market().stack.nodes.alice
    expect(await same('getinfo')).toMatchObject({ node_rating: { node_pubkey: nodeKey } })
    expect(await alice.pool('listauth')).toEqual([])
    expect(await same('auction', 'fee')).toHaveProperty('execution_fee')
    expect(await same('auction', 'leasedurations')).toHaveProperty('lease_duration_buckets')
    expect(await same('auction', 'nextbatchinfo')).toHaveProperty('fee_rate_sat_per_kw')
    expect(await same('auction', 'ratings', nodeKey)).toMatchObject({ node_ratings: [{ node_pubkey: nodeKey }] })
    expect(await same('accounts', 'list')).toEqual({ accounts: [] })
    expect(await same('orders', 'list')).toEqual({ asks: [], bids: [] })
    expect(await same('auction', 'leases')).toMatchObject({ leases: [] })
  })

  it('opens accounts of every version', async () => {
    accounts = await fundAccounts(market(), ...VERSIONS.map((version) => ({ trader: alice, value: VALUE, version })))
    expect(await same('accounts', 'list')).toMatchObject({ accounts: VERSIONS.map(() => ({ state: 'OPEN' })) })
    await same('accounts', 'listfees')
  })

  it('trades: submits, lists and cancels orders, shows leases and batches', async () => {
    const [, maker, taker] = accounts
    if (maker === undefined || taker === undefined) throw new Error('accounts were opened')
    const bob = await market().trader('bob')
    const [his] = await fundAccounts(market(), { trader: bob, value: VALUE, version: 2 })
    const ask = await submitAsk(maker, { amount: 400_000n, rate: 1_000 })
    const bid = await submitBid(taker, { amount: 100_000n, rate: 1 })
    await same('orders', 'list')
    await same('orders', 'list', '--verbose', '--show_archived')
    expect(await alice.pool('orders', 'cancel', bid.nonce)).toEqual({})
    expect((await ordersOf(alice, false)).map(({ details }) => details.order_nonce)).toEqual([ask.nonce])

    const hisBid = await submitBid(his, { amount: 400_000n, rate: 1_400 })
    const batch = await runBatch(market())
    await untilSettled(batch, maker, his)
    await confirmBatch(market(), batch)
    await untilOpen(market(), maker)
    expect(await same('auction', 'leases')).toMatchObject({
      leases: [{ order_nonce: ask.nonce, matched_order_nonce: hisBid.nonce, purchased: false }],
    })
    expect(await same('auction', 'leases', `--batch_ids=${batch.batch_id}`, `--accounts=${maker.key}`)).toMatchObject({
      leases: [{ channel_amt_sat: 400_000 }],
    })
    expect(await same('auction', 'snapshot')).toMatchObject([{ batch_id: batch.batch_id, batch_tx_id: batch.txid }])
    await same('auction', 'snapshot', batch.batch_id)
    await same('orders', 'list', '--verbose', '--show_archived')
    await same('accounts', 'list')
  })

  it('changes accounts', async () => {
    const { addr } = await market().stack.nodes.bob.rpc.walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })
    const balances = new Map<OpenAccount, bigint>()
    for (const account of accounts) {
      const before = BigInt((await accountOf(account)).value)
      await change(account, 'deposit', '250000', RATE, versionFlag(account.version))
      await same('accounts', 'list')
      expect(await alice.pool('accounts', 'bumpfee', account.key, '30')).toEqual({})
      balances.set(account, before + 250_000n)
    }
    await confirmed(market(), ...accounts)
    const steps = [
      ['withdraw', 150_000n, '150000', addr, RATE, '--expiry_blocks=5000'],
      ['renew', 0n, RATE, '--expiry_blocks=6000'],
    ] as const
    for (const [command, amount, ...args] of steps) {
      for (const account of accounts) {
        const { txid } = await change(account, command, ...args, versionFlag(account.version))
        const { fee } = await moneyOf(market().stack.chain, txid)
        balances.set(account, (balances.get(account) ?? 0n) - amount - fee)
      }
      await confirmed(market(), ...accounts)
      for (const account of accounts) await assertAccount(market(), account, balances.get(account) ?? 0n)
    }
    await same('accounts', 'listfees')
  })

  it('recovers accounts after the data folder was lost', async () => {
    const listed = async (): Promise<unknown> => alice.pool('accounts', 'list')
    const before = await listed()
    await alice.stop()
    rmSync(alice.baseDir, { recursive: true })
    await alice.start()
    expect(await listed()).toEqual({ accounts: [] })
    expect(await alice.pool('accounts', 'recover')).toEqual({ num_recovered_accounts: accounts.length })
    for (const account of accounts) await untilOpen(market(), account)
    expect(await listed()).toEqual(before)
    await same('accounts', 'list')
    expect(await alice.pool('accounts', 'recover')).toEqual({ num_recovered_accounts: 0 })
    // The next change works, so nothing was forgotten.
    for (const account of accounts)
      await change(account, 'renew', RATE, '--expiry_blocks=7000', versionFlag(account.version))
    await confirmed(market(), ...accounts)
  })

  it('closes accounts', async () => {
    for (const account of accounts) {
      const before = BigInt((await accountOf(account)).value)
      const { paidIn, fee } = await close(market(), account, RATE)
      expect(paidIn).toBe(before)
      expect(fee).toBeLessThan(5_000n)
    }
    expect(await same('accounts', 'list')).toEqual({ accounts: [] })
    expect(await same('accounts', 'list', '--show_archived')).toMatchObject({
      accounts: VERSIONS.map(() => ({ state: 'CLOSED' })),
    })
  })

  it('tells of errors, and stops the daemon', async () => {
    const unknown = await alice.poolRaw('accounts', 'close', accounts[0]?.key ?? '', RATE)
    expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('[pool]') as string })
    const stopped = await alice.poolRaw('stop')
    expect(stopped).toMatchObject({ exitCode: 0, stderr: '' })
    await until('the daemon has ended', () => !alice.process.running)
  })
})
