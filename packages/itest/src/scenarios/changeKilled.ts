import { expect } from 'vitest'
import { until } from '../harness/until.ts'
import { accountOf, auctioneersView, fundAccounts, type ScriptVersion } from './words/accounts.ts'
import { assertAccount, change, confirmed, untilState, versionFlag } from './words/changes.ts'
import type { Market } from './words/market.ts'

/** A moment of a change at which poold can be told to end at once, whether the change is made then, and of what version. */
export type ChangeDeath = readonly [death: string, stored: boolean, onNodes: ScriptVersion]

export const CHANGE_DEATHS: readonly ChangeDeath[] = [
  ['before-modify', false, 0],
  ['after-modify', false, 2],
  ['before-publish', true, 0],
  ['after-publish', true, 2],
]

const VALUE = 600_000n

/**
 * Carol's daemon dies while it changes an account. A change that was stored is published by the next start alone; one that
 * was not is as if nobody had asked, and the next change works: no operator is needed.
 */
export async function changeKilled(market: Market, [death, stored, onNodes]: ChangeDeath): Promise<void> {
  const carol = await market.trader('carol')
  // Real nodes take their time: one version for each moment there, both on the simulator.
  const versions: readonly ScriptVersion[] = market.stack.kind === 'simnet' ? [0, 2] : [onNodes]
  for (const version of versions) {
    const [account] = await fundAccounts(market, { trader: carol, value: VALUE, version })
    await carol.stop()
    await carol.start([`--debug.exit-at=${death}`])
    const flags = ['100000', '10', versionFlag(version)]
    expect((await carol.poolRaw('--json', 'accounts', 'deposit', account.key, ...flags)).exitCode).toBe(1)
    await carol.process.ended()
    await carol.start()
    if (!stored) {
      expect(await accountOf(account)).toMatchObject({ state: 'OPEN', value: Number(VALUE) })
      await change(account, 'deposit', ...flags)
    }
    const { latest_txid: id } = await accountOf(account)
    await until('the deposit is published', async () => (await market.stack.chain.mempool()).some((one) => one === id))
    await confirmed(market, account)
    await assertAccount(market, account, VALUE + 100_000n)
  }
}

/** A change confirms while nobody of ours runs; both sides see it when they are back. */
export async function confirmedWhileDown(market: Market): Promise<void> {
  const carol = await market.trader('carol')
  const [account] = await fundAccounts(market, { trader: carol, value: VALUE, version: 2 })
  await change(account, 'deposit', '100000', '10', versionFlag(2))
  await carol.stop()
  await market.auctioneer.stop()
  await market.stack.mine(6)
  await market.auctioneer.start()
  await carol.start()
  await untilState(account, 'OPEN')
  await assertAccount(market, account, VALUE + 100_000n)
}

/** Blocks with an opening, then with a deposit, are replaced by others: both count again once they are deep enough. */
export async function reorganised(market: Market): Promise<void> {
  const carol = await market.trader('carol')
  const [account] = await fundAccounts(market, { trader: carol, value: VALUE, version: 2 })
  await market.stack.chain.reorg(7)
  await market.stack.synced()
  await confirmed(market, account)
  const { latest_txid: id } = await change(account, 'deposit', '100000', '10', versionFlag(2)).then(
    (made) => made.account,
  )
  await market.stack.mine(2)
  await until(
    'the auctioneer sees it',
    async () => (await auctioneersView(market, account))?.state === 'pending_update',
  )
  await market.stack.chain.reorg(3)
  await market.stack.synced()
  expect((await accountOf(account)).latest_txid).toBe(id)
  await confirmed(market, account)
  await assertAccount(market, account, VALUE + 100_000n)
}
