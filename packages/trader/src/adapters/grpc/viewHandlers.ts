import { idToBytes } from '@tidepool/crypto'
import { RpcError, STATUS } from '@tidepool/rpc'
import type { Handlers, tidepool } from '@tidepool/rpc'
import { isOpenOrder } from '../../core/orderRecord.ts'
import type { HandlerModules } from './handlerModules.ts'
import { traderStatus } from './statusHandler.ts'

/** Orders that the auctioneer takes in one question. */
const MAX_NONCES = 1000

/** `tidepool.TraderView`: what the command line may ask beyond the Pool protocol. */
export function viewHandlers(modules: HandlerModules): Handlers<tidepool.TraderView_Service> {
  const ownOrderReasons = async (): Promise<tidepool.OrderReasonsResponseInit> => {
    const open = [...modules.trader().ledger.orders.values()].filter(isOpenOrder)
    const nonces = open.map(({ order }) => idToBytes(order.nonce)).slice(-MAX_NONCES)
    if (nonces.length === 0 || modules.reasons === undefined) return { reasons: [] }
    try {
      return await modules.reasons.orderReasons({ nonces })
    } catch (error) {
      if (error instanceof RpcError && error.status === STATUS.UNIMPLEMENTED) return { reasons: [] }
      throw error
    }
  }
  return { ownOrderReasons, status: () => traderStatus(modules, ownOrderReasons) }
}
