import { isAsk, isBid, type BookAsk, type BookBid, type BookOrder } from '../book.ts'
import { matchUnits } from './matchUnits.ts'
import { firstRefusal } from './pairRules.ts'
import type { Market, Match, MatchContext } from './types.ts'

/** Best rate first, then arrival, then nonce: a total order, so that input order never matters. */
export function sortMarket(orders: readonly BookOrder[]): Market {
  return {
    asks: orders.filter(isAsk).toSorted((a, b) => a.order.rate - b.order.rate || earlier(a, b)),
    bids: orders.filter(isBid).toSorted((a, b) => b.order.rate - a.order.rate || earlier(a, b)),
  }
}

/** Which of two orders of one rate comes first. */
export function earlier(a: BookOrder, b: BookOrder): number {
  return a.arrival - b.arrival || (a.order.nonce < b.order.nonce ? -1 : 1)
}

/**
 * White paper §6.1.6, with partial fills: every bid, best first, takes what it can from every ask, best first
 * (matching §4.1). Restricted to the pairs around any price, the result is what a pass at that price would give.
 */
export function greedyPass(market: Market, context: MatchContext): readonly Match[] {
  const matches: Match[] = []
  const asks = market.asks.map((ask) => ({ ask, left: ask.unitsUnfulfilled as number }))
  for (const bid of market.bids) fillBid(bid, asks, context, matches)
  return matches
}

interface AskLeft {
  readonly ask: BookAsk
  left: number
}

function fillBid(bid: BookBid, asks: readonly AskLeft[], context: MatchContext, matches: Match[]): void {
  let bidLeft: number = bid.unitsUnfulfilled
  for (const entry of asks) {
    if (bidLeft === 0 || entry.ask.order.rate > bid.order.rate) return
    const units = entry.left === 0 ? undefined : matchUnits(entry.ask.order, bid.order, entry.left, bidLeft)
    if (units === undefined || firstRefusal(entry.ask.order, bid.order, context) !== undefined) continue
    matches.push({ ask: entry.ask, bid, units })
    entry.left -= units
    bidLeft -= units
  }
}
