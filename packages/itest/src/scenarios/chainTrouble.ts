import { expect } from 'vitest'
import { txid } from '@tidepool/crypto'
import type { Simnet } from '../harness/simnetStack.ts'
import { until } from '../harness/until.ts'
import { changeMistakes } from './badInput/changeMistakes.ts'
import type { Story } from './stories.ts'
import {
  accountOf,
  auctioneersView,
  fundAccounts,
  requestAccount,
  untilOpen,
  type OpenAccount,
} from './words/accounts.ts'
import { untilPublished } from './words/auction.ts'
import { moneyOf } from './words/chainMoney.ts'
import { assertAccount, change, confirmed, untilState, versionFlag } from './words/changes.ts'
import type { Market } from './words/market.ts'

const VALUE = 900_000n

/** Chain trouble that only the simulator can make. */
const simulator = (market: Market) => (market.stack as Simnet).control

/**
 * Nodes forget an opening, a deposit with the child that pays for it, and a close; nodes of others come and go, so with
 * every block the trader offers them again, and all of them confirm.
 */
export async function evicted(market: Market): Promise<void> {
  const trader = await market.trader('alice')
  const { trader_key: key } = await requestAccount({ trader, value: VALUE, version: 2 })
  const account: OpenAccount = { trader, key, version: 2 }
  await forgottenAndBack(market, (await accountOf(account)).latest_txid)
  await confirmed(market, account)

  const { txid: deposit } = await change(account, 'deposit', '--amt=100000', '--sat_per_vbyte=2', versionFlag(2))
  await trader.pool('accounts', 'bumpfee', key, '30')
  await forgottenAndBack(market, deposit)
  await trader.pool('accounts', 'bumpfee', key, '40')
  await confirmed(market, account)
  await assertAccount(market, account, VALUE + 100_000n)

  const { close_txid: close } = (await trader.pool('accounts', 'close', key, '3')) as { readonly close_txid: string }
  await forgottenAndBack(market, close)
  await market.stack.mine(6)
  await untilState(account, 'CLOSED')
}

async function forgottenAndBack(market: Market, id: string): Promise<void> {
  await untilPublished(market, id)
  expect((await simulator(market).evict({})).txids).toContain(id)
  expect(await market.stack.chain.mempool()).not.toContain(txid(id))
  await market.stack.mine(1)
  await untilPublished(market, id)
}

/** The blocks with a close are gone and the new ones lack it: both sides know it is not closed, until it is again. */
export async function closeTakenBack(market: Market): Promise<void> {
  const trader = await market.trader('bob')
  const [account] = await fundAccounts(market, { trader, value: VALUE, version: 0 })
  const { close_txid: id } = (await trader.pool('accounts', 'close', account.key, '5')) as {
    readonly close_txid: string
  }
  await untilPublished(market, id)
  await market.stack.mine(2)
  await untilState(account, 'CLOSED')
  await theirState(market, account, 'closed')
  await simulator(market).reorg({ depth: 2, empty: true })
  await market.stack.synced()
  await untilState(account, 'PENDING_CLOSED')
  await theirState(market, account, 'change_signed')
  await market.stack.mine(6)
  await untilState(account, 'CLOSED')
  await theirState(market, account, 'closed')
  expect(await moneyOf(market.stack.chain, id)).toMatchObject({ paidIn: VALUE, confirmations: 6 })
}

/** The block with an opening is gone and the new ones lack it; so it is with a deposit on top. */
export async function openingTakenBack(market: Market): Promise<void> {
  const trader = await market.trader('bob')
  const [account] = await fundAccounts(market, { trader, value: VALUE, version: 1 })
  await change(account, 'deposit', '--amt=50000', '--sat_per_vbyte=5', versionFlag(1))
  await market.stack.mine(6)
  await untilOpen(market, account)
  await simulator(market).reorg({ depth: 12, empty: true })
  await market.stack.synced()
  await until('the auctioneer no longer calls it open', async () => {
    return (await auctioneersView(market, account))?.state !== 'open'
  })
  await market.stack.mine(6)
  await untilOpen(market, account)
  await assertAccount(market, account, VALUE + 50_000n)
  await change(account, 'renew', '--sat_per_vbyte=5', versionFlag(1))
  await confirmed(market, account)
}

const theirState = (market: Market, account: OpenAccount, state: string): Promise<unknown> =>
  until(`the auctioneer calls it ${state}`, async () => (await auctioneersView(market, account))?.state === state)

/** What the simulator alone can do, or does faster than real nodes and as well. */
export const simulatedStories: readonly (readonly [title: string, story: Story])[] = [
  ['changes that cannot be had are refused with what to do, and change nothing', changeMistakes],
  ['transactions that nodes forget are offered again until they confirm', evicted],
  ['a close whose blocks are gone is a close again later', closeTakenBack],
  ['an opening and a deposit whose blocks are gone come back together', openingTakenBack],
]
