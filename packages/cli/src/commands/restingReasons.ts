import type { Command } from 'commander'
import { createClient, services, toJson, type poolrpc, type tidepool } from '@tidepool/rpc'
import { withTraderChannel } from '../context.ts'
import { toHex } from '../format.ts'

/** Why orders rest, by nonce in hex. */
export type Reasons = ReadonlyMap<string, tidepool.OrderReason>

/** Orders, and what the last auction said of each as far as daemon and auctioneer tell. */
export async function ordersWithReasons(
  command: Command,
  request: poolrpc.ListOrdersRequestInit,
): Promise<{ readonly orders: poolrpc.ListOrdersResponse; readonly reasons: Reasons }> {
  return withTraderChannel(command, async (channel) => {
    const orders = await createClient(services.poolrpc.Trader, channel).listOrders(request)
    // Neither a stock daemon nor a stock auctioneer knows the call.
    const told = await createClient(services.tidepool.TraderView, channel)
      .ownOrderReasons({})
      .catch(() => ({ reasons: [] }))
    return { orders, reasons: new Map(told.reasons.map((reason) => [toHex(reason.nonce), reason])) }
  })
}

interface OrderJson {
  readonly details: { readonly order_nonce: string }
}

/** The stock tool's JSON; an order that rests has `resting_reason` and `resting_text` besides. */
export function ordersJson(orders: poolrpc.ListOrdersResponse, reasons: Reasons): string {
  const json = toJson('poolrpc.ListOrdersResponse', orders, { bytes: 'hex' }) as unknown as Record<
    'asks' | 'bids',
    readonly OrderJson[]
  >
  const told = (list: readonly OrderJson[]): readonly object[] =>
    list.map((order) => {
      const reason = reasons.get(order.details.order_nonce)
      return reason === undefined ? order : { ...order, resting_reason: reason.code, resting_text: reason.text }
    })
  return JSON.stringify({ ...json, asks: told(json.asks), bids: told(json.bids) }, null, 4)
}
