import { fromHex } from '@tidepool/crypto'
import type { poolrpc } from '@tidepool/rpc'
import { isActive } from '../../core/account.ts'
import { isOpenOrder } from '../../core/orderRecord.ts'
import type { HandlerModules, TraderHandlers } from './handlerModules.ts'

/** GetInfo and StopDaemon. */
export function infoHandlers(modules: HandlerModules): TraderHandlers {
  return {
    getInfo: async () => {
      const trader = modules.trader()
      const accounts = [...trader.ledger.accounts.values()]
      const orders = [...trader.ledger.orders.values()]
      const active = accounts.filter(isActive)
      const open = orders.filter(isOpenOrder)
      return {
        version: modules.version,
        accountsTotal: accounts.length,
        accountsActive: active.length,
        accountsActiveExpired: accounts.filter((account) => account.kind === 'expired').length,
        accountsArchived: accounts.length - active.length,
        ordersTotal: orders.length,
        ordersActive: open.length,
        ordersArchived: orders.length - open.length,
        currentBlockHeight: trader.height.best,
        batchesInvolved: trader.ledger.batches.size,
        lsatTokens: 0,
        subscribedToAuctioneer: trader.session.subscribed.size > 0,
        newNodesOnly: modules.newNodesOnly,
        ...(await market(modules, fromHex(trader.node.nodeKey))),
      }
    },
    stopDaemon: async () => {
      modules.stop()
      return {}
    },
  }
}

/** Left out when the auctioneer does not answer. */
async function market(modules: HandlerModules, ownKey: Uint8Array): Promise<poolrpc.GetInfoResponseInit> {
  const options = { deadlineMs: 5000 }
  const [ratings, info] = await Promise.all([
    modules.queries.nodeRating({ nodePubkeys: [ownKey] }, options).catch(() => undefined),
    modules.queries.marketInfo({}, options).catch(() => undefined),
  ])
  const nodeRating = ratings?.nodeRatings[0]
  return {
    ...(nodeRating !== undefined && { nodeRating }),
    ...(info !== undefined && { marketInfo: info.markets }),
  }
}
