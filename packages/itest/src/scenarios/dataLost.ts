import { expect } from 'vitest'
import { fromHex, reversed } from '@tidepool/crypto'
import { until } from '../harness/until.ts'
import { accountOf, fundAccounts, requestAccount, untilOpen, type OpenAccount } from './words/accounts.ts'
import { runBatch, untilPublished, untilSettled } from './words/auction.ts'
import { change, untilState } from './words/changes.ts'
import { restartAuctioneer, startAgain, type Market } from './words/market.ts'
import { clearBook, submitAsk, submitBid } from './words/orders.ts'
import { kitFolder, loseData, recover, rememberAll, rememberOpen, writeKits } from './words/recovery.ts'

const VALUE = 1_000_000n
const CONFIRMATIONS = 6
const SHORT = 200

/** Carol's folder is gone while her accounts are in every state; the auctioneer helps her back to all of them. */
export async function dataLost(market: Market): Promise<void> {
  const [alice, carol] = await market.traders('alice', 'carol')
  await clearBook(market)
  const [expiring] = await fundAccounts(market, { trader: carol, value: VALUE, version: 2, expiryBlocks: SHORT })
  await market.stack.mine(SHORT)
  await untilState(expiring, 'EXPIRED')
  const [maker, legacy, changing, trading] = await fundAccounts(
    market,
    { trader: alice, value: 2n * VALUE, version: 2 },
    { trader: carol, value: VALUE, version: 0 },
    { trader: carol, value: VALUE, version: 1 },
    { trader: carol, value: VALUE, version: 2 },
  )
  await submitAsk(maker, { amount: 200_000n, rate: 800 })
  await submitBid(trading, { amount: 200_000n, rate: 1_000 })
  const batch = await runBatch(market)
  await untilPublished(market, batch.txid)
  await untilSettled(batch, trading)
  // On its way it becomes version 2.
  await change(changing, 'deposit', '--amt=250000', '--sat_per_vbyte=11')
  const { trader_key: opening } = await requestAccount({ trader: carol, value: VALUE, version: 2 })
  const before = await rememberOpen(carol)
  expect(before).toHaveLength(5)

  await loseData(carol)
  expect(await rememberAll(carol)).toEqual([])
  const all = await recover(carol)
  expect(all).toBeGreaterThanOrEqual(5)
  expect(await rememberOpen(carol)).toEqual(before)
  expect(await recover(carol)).toBe(0)

  await market.stack.mine(CONFIRMATIONS)
  const back: readonly OpenAccount[] = [legacy, changing, trading, { trader: carol, key: opening, version: 2 }]
  for (const account of back) await untilOpen(market, account)
  await untilState(expiring, 'EXPIRED')
  const later = await rememberOpen(carol)
  expect(later).toEqual(before)
  // The next change works, so both sides agree on keys, expiry and batch key.
  await change(legacy, 'deposit', '--amt=100000', '--sat_per_vbyte=11', '--new_version=1')
  await market.stack.mine(CONFIRMATIONS)
  await untilOpen(market, legacy)
}

/** The folder and the auctioneer are gone: keys and chain give the accounts back, and their coins after the expiry. */
export async function everythingLost(market: Market): Promise<void> {
  const [alice, bob] = await market.traders('alice', 'bob')
  // Mining up to an expiry that a batch moved takes a real chain a minute; the simulator does that.
  if (market.stack.kind === 'daemons') await restartAuctioneer(market, '--account.auto-renew=0')
  await clearBook(market)
  const [maker, ...lost] = await fundAccounts(
    market,
    { trader: alice, value: 4n * VALUE, version: 2 },
    { trader: bob, value: VALUE, version: 0, expiryBlocks: SHORT },
    { trader: bob, value: VALUE, version: 1, expiryBlocks: SHORT },
    { trader: bob, value: VALUE, version: 2, expiryBlocks: SHORT },
  )
  for (const account of lost) {
    await change(
      account,
      'withdraw',
      '--amt=100000',
      `--addr=${await address(market)}`,
      '--sat_per_vbyte=11',
      same(account),
    )
  }
  await market.stack.mine(CONFIRMATIONS)
  for (const account of lost) await untilOpen(market, account)
  for (const account of lost) {
    await submitAsk(maker, { amount: 200_000n, rate: 800 })
    await submitBid(account, { amount: 200_000n, rate: 1_000 })
    await untilSettled(await runBatch(market), maker, account)
  }
  await market.stack.mine(CONFIRMATIONS)
  for (const account of lost) await untilOpen(market, account)
  const before = await rememberOpen(bob)
  const [kit] = await writeKits(bob, kitFolder(market.stack, 'bob'))
  if (kit === undefined) throw new Error('no kit was written')

  await market.auctioneer.stop()
  try {
    await loseData(bob)
    const flags = ['--full_client', `--auctioneer_key=${kit.json.key.auctioneer_key}`, '--height_hint=1']
    expect(await recover(bob, ...flags)).toBeGreaterThanOrEqual(lost.length)
    expect(await rememberOpen(bob)).toEqual(before)
    const expiry = Math.max(...before.map((account) => account.expiration_height))
    await market.stack.mine(expiry - (await market.stack.chain.height()))
    for (const account of lost) await sweep(market, account)
  } finally {
    await startAgain(market)
  }
}

const USUAL = 4_320
/** More than the stories before made and used, so that the search is short. */
const SPACE = ['--batches=8', '--account_target=20']

/** lnd came back from its seed: no label tells an expiry any more. Usual terms are found all the same, a deposit on too. */
export async function labelsLost(market: Market): Promise<void> {
  const carol = await market.trader('carol')
  const { auctioneer_key: auctioneerKey } = (await market.auctioneer.ctl('status')) as {
    readonly auctioneer_key: string
  }
  const begin = (await market.stack.chain.height()) + 1
  const wish = { trader: carol, value: VALUE, expiryBlocks: USUAL } as const
  const lost = await fundAccounts(market, { ...wish, version: 0 }, { ...wish, version: 1 }, { ...wish, version: 2 })
  for (const account of lost) await change(account, 'deposit', '--amt=120000', '--sat_per_vbyte=11', same(account))
  await market.stack.mine(CONFIRMATIONS)
  for (const account of lost) await untilOpen(market, account)
  const keys = new Set(lost.map(({ key }) => key))
  const before = (await rememberOpen(carol)).filter(({ trader_key: key }) => keys.has(key))
  expect(before).toHaveLength(lost.length)

  const { walletKit, lightning } = market.stack.nodes.carol.rpc
  const { transactions } = await lightning.getTransactions({})
  for (const { txHash, label } of transactions.filter((one) => one.label.includes('poold'))) {
    expect(label).not.toBe('')
    await walletKit.labelTransaction({ txid: reversed(fromHex(txHash)), label: 'forgotten', overwrite: true })
  }
  await market.auctioneer.stop()
  try {
    await loseData(carol)
    const flags = ['--full_client', `--auctioneer_key=${auctioneerKey}`, `--height_hint=${begin}`, ...SPACE]
    expect(await recover(carol, ...flags)).toBe(lost.length)
    expect(await rememberOpen(carol)).toEqual(before)
  } finally {
    await startAgain(market)
  }
}

/** A withdrawal that leaves the version as it is: silence means the newest. */
const same = ({ version }: OpenAccount): string => `--new_version=${version + 1}`

const address = async (market: Market): Promise<string> =>
  (await market.stack.nodes.alice.rpc.walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })).addr

/** Thousands of blocks at once keep a daemon busy for a while. */
const untilExpired = (account: OpenAccount): Promise<unknown> =>
  until('the account is expired', async () => (await accountOf(account)).state === 'EXPIRED', { timeoutMs: 240_000 })

/** By the expiry path, with nobody's help. */
async function sweep(market: Market, account: OpenAccount): Promise<void> {
  await untilExpired(account)
  const { close_txid: id } = (await account.trader.pool('accounts', 'close', account.key, '--sat_per_vbyte=11')) as {
    readonly close_txid: string
  }
  await untilPublished(market, id)
  await market.stack.mine(CONFIRMATIONS)
  await untilState(account, 'CLOSED')
}
