import { expect } from 'vitest'
import { until } from '../harness/until.ts'
import { untilOpen } from './words/accounts.ts'
import type { AccountAnswer } from './words/answers.ts'
import type { Market } from './words/market.ts'

/** Moments of opening an account at which poold can be told to end at once. */
export const OPENING_DEATHS = ['after-reserve', 'after-fund', 'before-init'] as const
const CONFIRMATIONS = 6
const VALUE = 700_000

/** Bob's daemon dies while it opens an account: after its next start there is one account, funded once. */
export async function openingKilled(market: Market, death: (typeof OPENING_DEATHS)[number]): Promise<void> {
  const bob = await market.trader('bob')
  const known = new Set((await accountsOf(market)).map((account) => account.trader_key))
  const coins = await walletBalance(market)
  await bob.stop()
  await bob.start([`--debug.exit-at=${death}`])
  const flags = [`--amt=${VALUE}`, '--expiry_blocks=4032', '--conf_target=6', '--force']
  expect((await bob.poolRaw('--json', 'accounts', 'new', ...flags)).exitCode).toBe(1)
  await bob.process.ended()

  await bob.start()
  const fresh = await until('the account goes on', async () => {
    const added = (await accountsOf(market)).filter(({ trader_key }) => !known.has(trader_key))
    return added.length > 0 && added.every((account) => account.state !== 'INITIATED') ? added : undefined
  })
  expect(fresh).toMatchObject([{ value: VALUE }])
  await market.stack.mine(CONFIRMATIONS)
  await untilOpen(market, { trader: bob, key: fresh[0]?.trader_key ?? '', version: 2 })
  const spent = coins - (await walletBalance(market))
  expect(spent).toBeGreaterThan(VALUE)
  expect(spent).toBeLessThan(VALUE + 10_000)
}

async function accountsOf(market: Market): Promise<readonly AccountAnswer[]> {
  const bob = await market.trader('bob')
  const { accounts } = (await bob.pool('accounts', 'list', '--show_archived')) as {
    readonly accounts: readonly AccountAnswer[]
  }
  return accounts
}

const walletBalance = async (market: Market): Promise<number> =>
  Number((await market.stack.nodes.bob.rpc.lightning.walletBalance({})).totalBalance)
