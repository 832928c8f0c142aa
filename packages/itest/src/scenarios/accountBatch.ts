import { expect } from 'vitest'
import { until } from '../harness/until.ts'
import { accountOf, auctioneersView, fundAccounts, untilOpen } from './words/accounts.ts'
import type { BatchAnswer, MasterAnswer, StatusAnswer } from './words/answers.ts'
import { confirmBatch, runBatch, untilSettled } from './words/auction.ts'
import { diffOf, published } from './words/balances.ts'
import { assertEven, booksOf } from './words/books.ts'
import { change, close, confirmed, versionFlag } from './words/changes.ts'
import { restartAuctioneer, type Market } from './words/market.ts'
import { clearBook, submitAsk, submitBid } from './words/orders.ts'

const VALUE = 1_500_000n
const EXTENSION = 3_024
const SHORT = 1_000

/** Where the operator wants it, a batch gives accounts a later expiry and the newest version; the next change shows it. */
export async function batchRenewsAndUpgrades(market: Market): Promise<void> {
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  await restartAuctioneer(market, '--account.upgrade-to=2', `--account.auto-renew=${EXTENSION}`)
  try {
    const wish = { value: VALUE, expiryBlocks: SHORT } as const
    const [maker, taker] = await fundAccounts(
      market,
      { ...wish, trader: alice, version: 0 },
      { ...wish, trader: bob, version: 1 },
    )
    await submitAsk(maker, { amount: 300_000n, rate: 800 })
    await submitBid(taker, { amount: 300_000n, rate: 1_000 })
    const height = await market.stack.chain.height()
    const batch = await runBatch(market)
    await untilSettled(batch, maker, taker)
    for (const account of [maker, taker]) {
      expect(diffOf(batch, account)).toMatchObject({ new_expiry: height + EXTENSION, new_version: 2 })
    }
    await confirmBatch(market, batch)
    for (const account of [maker, taker]) {
      await untilOpen(market, account)
      const expiry = height + EXTENSION
      expect(await accountOf(account)).toMatchObject({ expiration_height: expiry, version: TAPROOT_V2 })
      expect(await auctioneersView(market, account)).toMatchObject({ expiry, version: 2 })
      await change(account, 'renew', '11', '--expiry_blocks=5000', versionFlag(2))
    }
    await confirmed(market, maker, taker)
    await close(market, { ...maker, version: 2 }, '11')
    assertEven(VALUE, await booksOf(market, maker), 0n)
  } finally {
    await restartAuctioneer(market)
  }
}

const TAPROOT_V2 = 'ACCOUNT_VERSION_TAPROOT_V2'
const TOP_UP = 400_000n
const TAKEN = 150_000n

/** The operator pays into the auctioneer's account and takes from it; each batch goes on from where that left it. */
export async function masterBetweenBatches(market: Market): Promise<void> {
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [maker, taker] = await fundAccounts(
    market,
    { trader: alice, value: 3n * VALUE, version: 2 },
    { trader: bob, value: VALUE, version: 2 },
  )
  const trade = async (): Promise<BatchAnswer> => {
    await submitAsk(maker, { amount: 200_000n, rate: 800 })
    await submitBid(taker, { amount: 200_000n, rate: 1_000 })
    const batch = await runBatch(market)
    await untilSettled(batch, maker, taker)
    return batch
  }
  const first = await trade()
  // On the batch, which waits for a block still.
  const more = await changed(market, 'topup', `--amt=${TOP_UP}`, '--sat_per_vbyte=11')
  expect(more.value_sat).toBe((BigInt(first.master_value_after_sat) + TOP_UP).toString())
  const second = await trade()
  expect(second.master_value_before_sat).toBe(more.value_sat)
  await confirmBatch(market, second)

  const { addr } = await market.stack.nodes.bob.rpc.walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })
  const less = await changed(market, 'withdraw', `--amt=${TAKEN}`, `--addr=${addr}`, '--sat_per_vbyte=11')
  const { outputs } = await published(market, less.txid)
  expect(outputs.map(({ value }) => value)).toContain(TAKEN)
  expect(outputs.at(less.output_index)?.value.toString()).toBe(less.value_sat)
  const third = await trade()
  expect(third.master_value_before_sat).toBe(less.value_sat)
  await confirmBatch(market, third)
  const ids = [first, second, third].map((batch) => batch.batch_id)
  expect(new Set(ids).size).toBe(3)
  for (const account of [maker, taker]) await untilOpen(market, account)
}

/** Runs `auctionctl master …`; the transaction spends what the auctioneer's account was and holds what it is. */
async function changed(market: Market, ...command: readonly string[]): Promise<MasterAnswer> {
  const { master_account: before } = (await market.auctioneer.ctl('status')) as StatusAnswer
  await market.auctioneer.ctl('master', ...command)
  const { master_account: after } = (await market.auctioneer.ctl('status')) as StatusAnswer
  if (before === null || after === null) throw new Error('the auctioneer has an account')
  const { inputs } = await published(market, after.txid)
  expect(inputs.map(({ prevout }) => `${prevout.txid}:${prevout.index}`)).toContain(
    `${before.txid}:${before.output_index}`,
  )
  await market.stack.mine(6)
  await until('it is confirmed', async () => {
    return ((await market.auctioneer.ctl('status')) as StatusAnswer).master_account?.confirmed
  })
  return after
}
