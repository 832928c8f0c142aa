import { fromHex, toHex } from '@tidepool/crypto'
import type { Market } from './market.ts'
import { ordersOf, type PlacedOrder } from './orders.ts'

interface WhyAnswer {
  readonly order: { readonly state: string; readonly units_unfulfilled: number }
  readonly verdict: { readonly code: string; readonly text: string } | null
}

/** `auctionctl orders why`. */
export async function whyOf(market: Market, { nonce }: PlacedOrder): Promise<WhyAnswer> {
  return (await market.auctioneer.ctl('orders', 'why', nonce)) as WhyAnswer
}

/** What the trader's own `pool orders list` says of it. */
export async function toldWhy({ account, nonce }: PlacedOrder): Promise<string | undefined> {
  const found = (await ordersOf(account.trader)).find(({ details }) => details.order_nonce === nonce)
  return found?.resting_reason
}

/** One line per order: with whom it was matched, or why not. */
export async function whyTable(
  market: Market,
  orders: Readonly<Record<string, PlacedOrder>>,
): Promise<Readonly<Record<string, string>>> {
  const names = new Map(Object.entries(orders).map(([name, { nonce }]) => [nonce, name]))
  const lines: Record<string, string> = {}
  for (const [name, { nonce }] of Object.entries(orders)) {
    const { verdict, matches } = await market.auctioneer.admin.whyOrder({ nonce: fromHex(nonce) })
    const partners = matches.map(({ askNonce, bidNonce, units }) => {
      const partner = toHex(askNonce) === nonce ? bidNonce : askNonce
      return `${units} with ${names.get(toHex(partner)) ?? 'a stranger'}`
    })
    lines[name] = partners.length > 0 ? partners.toSorted().join(', ') : (verdict?.code ?? 'no auction yet')
  }
  return lines
}
