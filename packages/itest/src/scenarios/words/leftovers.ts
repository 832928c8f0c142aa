import { expect } from 'vitest'
import { orderNonce } from '@tidepool/crypto'
import { pendingChannelId } from '@tidepool/market'
import { until } from '../../harness/until.ts'
import type { OrdersAnswer } from './answers.ts'
import type { Market, NodeName } from './market.ts'
import { pendingChannels } from './pending.ts'

const TRADERS = ['alice', 'bob', 'carol'] as const

/** Once every batch has its confirmations: no channel waits on any node, no shim for one, and no coin is set aside. */
export async function assertNothingLeft(market: Market): Promise<void> {
  for (const name of TRADERS) {
    await until(`no channel of ${name} is pending`, async () => (await pendingChannels(market, name)).length === 0)
    expect((await market.stack.nodes[name].rpc.walletKit.listLeases({})).lockedUtxos).toEqual([])
  }
  await assertNoShims(market)
}

/** An ask and a bid of two traders, and their nodes. */
interface Pair {
  readonly nodes: readonly string[]
  readonly ask: string
  readonly bid: string
}

/**
 * lnd lists no shims, but says when there is none to cancel: asked for whatever two orders may have been matched to, at
 * the nodes of our own daemons.
 */
async function assertNoShims(market: Market): Promise<void> {
  const pairs = await pairsOf(market)
  const left: Pair[] = []
  for (const { name } of market.running().filter(({ isOurs }) => isOurs)) {
    const own = pairs.filter(({ nodes }) => nodes.includes(name))
    const has = await Promise.all(own.map((pair) => hasShim(market, name as NodeName, pair)))
    left.push(...own.filter((_, i) => has[i]))
  }
  expect(left).toEqual([])
}

async function pairsOf(market: Market): Promise<readonly Pair[]> {
  const all = await Promise.all(
    market.running().map(async (trader) => {
      const { asks, bids } = (await trader.pool('orders', 'list', '--show_archived')) as OrdersAnswer
      const noncesOf = (orders: OrdersAnswer['asks']) => orders.map(({ details }) => details.order_nonce)
      return { name: trader.name, asks: noncesOf(asks), bids: noncesOf(bids) }
    }),
  )
  return all.flatMap((maker) =>
    all
      .filter((taker) => taker !== maker)
      .flatMap((taker) =>
        maker.asks.flatMap((ask) => taker.bids.map((bid) => ({ nodes: [maker.name, taker.name], ask, bid }))),
      ),
  )
}

async function hasShim(market: Market, node: NodeName, { ask, bid }: Pair): Promise<boolean> {
  const value = { pendingChanId: pendingChannelId(orderNonce(ask), orderNonce(bid)) }
  try {
    const { lightning } = market.stack.nodes[node].rpc
    await lightning.fundingStateStep({ trigger: { case: 'shimCancel', value } })
    return true
  } catch (error) {
    expect(String(error)).toContain('no funding intent found')
    return false
  }
}
