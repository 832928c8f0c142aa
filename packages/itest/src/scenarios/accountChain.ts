import { expect } from 'vitest'
import { txid } from '@tidepool/crypto'
import { until } from '../harness/until.ts'
import { accountOf, auctioneersView, fundAccounts, requestAccount, untilOpen } from './words/accounts.ts'
import { heightOf, untilPublished } from './words/auction.ts'
import { historyOf } from './words/books.ts'
import { moneyOf } from './words/chainMoney.ts'
import { assertAccount, change, close, untilState, versionFlag } from './words/changes.ts'
import { restartAuctioneer, type Market } from './words/market.ts'

const MAXIMUM = 6_000_000n

/** The larger an account, as a share of the largest allowed, the more confirmations both sides wait for: three to six. */
export async function confirmationsBySize(market: Market): Promise<void> {
  const carol = await market.trader('carol')
  await restartAuctioneer(market, `--account.max-value=${MAXIMUM}`)
  try {
    const wishes = [
      [3, 3_999_999n],
      [4, 4_000_000n],
      [5, 5_999_999n],
      [6, MAXIMUM],
    ] as const
    const accounts = []
    for (const [needed, value] of wishes) {
      const { trader_key: key } = await requestAccount({ trader: carol, value, version: 2 })
      accounts.push({ needed, account: { trader: carol, key, version: 2 as const } })
    }
    await market.stack.mine(2)
    for (let depth = 3; depth <= 6; depth++) {
      await market.stack.mine(1)
      for (const { needed, account } of accounts) {
        if (needed === depth) await untilOpen(market, account)
        if (needed > depth) expect(await accountOf(account)).toMatchObject({ state: 'PENDING_OPEN' })
      }
    }
  } finally {
    await restartAuctioneer(market)
  }
}

/** Blocks with a close are replaced by others: the close counts in the block it is in then, and no coin is lost. */
export async function closeUndone(market: Market): Promise<void> {
  const carol = await market.trader('carol')
  const [account] = await fundAccounts(market, { trader: carol, value: 700_000n, version: 2 })
  const { close_txid: id } = (await carol.pool('accounts', 'close', account.key, '12')) as CloseAnswer
  await untilPublished(market, id)
  await market.stack.mine(2)
  await untilState(account, 'CLOSED')
  const { chain } = market.stack
  const before = await chain.block(await heightOf(market, id))
  await chain.reorg(2)
  await market.stack.synced()
  await market.stack.mine(6)
  const height = await heightOf(market, id)
  expect((await chain.block(height)).hash).not.toBe(before.hash)
  await untilState(account, 'CLOSED')
  await until('the auctioneer calls it closed', async () => {
    return (await auctioneersView(market, account))?.state === 'closed'
  })
  const { paidIn, paidOut, fee } = await moneyOf(chain, id)
  expect([paidIn, paidOut]).toEqual([700_000n, 700_000n - fee])
}

const SHORT_EXPIRY = 144

/** A renewal that pays too little is replaced by its owner, who takes the coins alone: the account had expired. */
export async function overtaken(market: Market): Promise<void> {
  const carol = await market.trader('carol')
  const [account] = await fundAccounts(market, {
    ...{ trader: carol, value: 800_000n, version: 2 as const, expiryBlocks: SHORT_EXPIRY },
  })
  await market.stack.mine(SHORT_EXPIRY)
  await untilState(account, 'EXPIRED')
  const cheap = await change(account, 'renew', '2', '--expiry_blocks=1000', versionFlag(2))
  await untilPublished(market, cheap.txid)
  const { close_txid: id } = (await carol.pool('accounts', 'close', account.key, '40')) as CloseAnswer
  await untilPublished(market, id)
  expect(await market.stack.chain.mempool()).not.toContain(txid(cheap.txid))
  await market.stack.mine(6)
  await untilState(account, 'CLOSED')
  expect(await moneyOf(market.stack.chain, id)).toMatchObject({ paidIn: 800_000n })
  await until('the auctioneer knows why it is closed', async () => {
    return (await historyOf(market, account)).why.startsWith('its trader spent it alone after its expiry')
  })
}

/** Changes of several accounts confirm in one block while nobody looks; then the accounts are closed together. */
export async function severalInOneBlock(market: Market): Promise<void> {
  const carol = await market.trader('carol')
  const wish = { trader: carol, value: 600_000n } as const
  const accounts = await fundAccounts(market, { ...wish, version: 0 }, { ...wish, version: 1 }, { ...wish, version: 2 })
  const [first, second, third] = accounts
  const changes = [
    await change(first, 'deposit', '50000', '11', versionFlag(0)),
    await change(second, 'renew', '11', '--expiry_blocks=3000', versionFlag(1)),
    await change(third, 'deposit', '60000', '11', versionFlag(2)),
  ]
  await carol.stop()
  await market.stack.mine(6)
  const heights = await Promise.all(changes.map(({ txid: id }) => heightOf(market, id)))
  expect(new Set(heights).size).toBe(1)
  await carol.start()
  for (const account of accounts) await untilOpen(market, account)
  await assertAccount(market, first, 650_000n)
  await assertAccount(market, third, 660_000n)

  // With the auctioneer, to exactly the outputs named: what they leave is the fee.
  const { addr } = await market.stack.nodes.bob.rpc.walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })
  for (const account of accounts) {
    const value = BigInt((await accountOf(account)).value)
    const rest = value - 200_000n - CLOSE_FEE
    const { paidIn, fee, transaction } = await close(market, account, `--outputs=${addr}:200000,${addr}:${rest}`)
    expect([paidIn, fee]).toEqual([value, CLOSE_FEE])
    expect(transaction.outputs.map((output) => output.value)).toEqual(expect.arrayContaining([200_000n, rest]))
  }
}

const CLOSE_FEE = 5_000n

interface CloseAnswer {
  readonly close_txid: string
}
