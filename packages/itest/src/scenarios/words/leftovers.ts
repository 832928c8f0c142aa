import { expect } from 'vitest'
import { until } from '../../harness/until.ts'
import type { Market } from './market.ts'
import { pendingChannels } from './pending.ts'

const TRADERS = ['alice', 'bob', 'carol'] as const

/** Once every batch has its confirmations: no channel waits on any node, and no coin is set aside. */
export async function assertNothingLeft(market: Market): Promise<void> {
  for (const name of TRADERS) {
    await until(`no channel of ${name} is pending`, async () => (await pendingChannels(market, name)).length === 0)
    expect((await market.stack.nodes[name].rpc.walletKit.listLeases({})).lockedUtxos).toEqual([])
  }
}
