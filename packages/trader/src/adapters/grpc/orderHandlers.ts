import { blockCount, idToBytes, orderNonce, satPerKWeight, satoshi } from '@tidepool/crypto'
import { quoteOrder, ratePpb, reservedValue, supplyUnits } from '@tidepool/market'
import type { FeeSchedule } from '@tidepool/market'
import type { Trader } from '../../app/trader.ts'
import { isOpenOrder } from '../../core/orderRecord.ts'
import type { OrderRecord } from '../../core/orderRecord.ts'
import { userAgent } from './handlerModules.ts'
import type { HandlerModules, TraderHandlers } from './handlerModules.ts'
import { draftFromWire } from './orderRequest.ts'
import { askToWire, bidToWire } from './wireOrder.ts'

const NO_FEE: FeeSchedule = { baseFee: satoshi(0), feeRatePpm: 0n }

/** Submit, list, cancel and quote orders. */
export function orderHandlers(modules: HandlerModules): TraderHandlers {
  return {
    submitOrder: async ({ details, initiator }) => {
      const { orders } = modules.trader()
      const outcome = await orders.submit(draftFromWire(details), userAgent(modules.version, initiator))
      const nonce = idToBytes(outcome.nonce)
      if (outcome.kind === 'accepted') return { details: { case: 'acceptedOrderNonce', value: nonce } }
      const value = { orderNonce: nonce, failReason: 'INVALID_AMT', failString: outcome.reason } as const
      return { details: { case: 'invalidOrder', value } }
    },
    listOrders: async ({ verbose, activeOnly }) => {
      const trader = modules.trader()
      const records = [...trader.ledger.orders.values()].filter((record) => !activeOnly || isOpenOrder(record))
      // Reserves count without fees when the auctioneer does not answer.
      const terms = await trader.auctioneer.terms().catch(() => undefined)
      const view = (record: OrderRecord) => ({
        record,
        reservedValue: reserveOf(trader, record, terms?.executionFee ?? NO_FEE),
        withEvents: verbose,
      })
      return {
        asks: records.filter(({ order }) => order.kind === 'ask').map((record) => askToWire(view(record))),
        bids: records.filter(({ order }) => order.kind === 'bid').map((record) => bidToWire(view(record))),
      }
    },
    cancelOrder: async (request) => {
      await modules.trader().orders.cancel(orderNonce(request.orderNonce))
      return {}
    },
    quoteOrder: async (request) => {
      const terms = await modules.trader().auctioneer.terms()
      const quote = quoteOrder(
        {
          amount: satoshi(request.amt),
          rate: ratePpb(request.rateFixed),
          duration: blockCount(request.leaseDurationBlocks),
          minUnitsMatch: supplyUnits(request.minUnitsMatch),
          maxBatchFeeRate: satPerKWeight(request.maxBatchFeeRateSatPerKw),
        },
        terms.executionFee,
      )
      return {
        totalPremiumSat: quote.premium,
        ratePerBlock: quote.ratePerBlock,
        ratePercent: quote.ratePercent,
        totalExecutionFeeSat: quote.executionFee,
        worstCaseChainFeeSat: quote.worstCaseChainFee,
      }
    },
  }
}

function reserveOf(trader: Trader, record: OrderRecord, terms: FeeSchedule): bigint {
  const account = trader.ledger.accounts.get(record.order.accountKey)
  return account === undefined ? 0n : reservedValue(record, account.version, terms)
}
