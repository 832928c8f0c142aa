import type { BlockCount, OrderNonce } from '@tidepool/crypto'
import type { BookOrder } from '../book.ts'
import type { AuctionType, RatePpb } from '../order.ts'
import { chooseBatch, FATES, type BatchChoice, type PricedMarket } from './chooseBatch.ts'
import { acceptedAt, lowestBids, marketClearingPrice } from './clearingPrice.ts'
import { explainUnmatched } from './explain.ts'
import { filterOrder } from './filters.ts'
import { greedyPass, sortMarket } from './greedyPass.ts'
import type { Book, Market, Match, MatchContext, MatchOutcome, OutcomeReason, UnmatchedReason } from './types.ts'

interface PlainPass {
  readonly duration: BlockCount
  readonly auctionType: AuctionType
  readonly market: Market
  readonly matches: readonly Match[]
}

/**
 * Filter, match, price and cut: who trades with whom, and a reason for every order that does not. A function of its
 * arguments; neither the order of the book nor of any map matters. The plain double loop: what the engine is held
 * against (ADR-0021).
 */
export function matchMake(book: Book, context: MatchContext): MatchOutcome {
  const refused = new Map<OrderNonce, UnmatchedReason>()
  const eligible: BookOrder[] = []
  for (const entry of book) {
    const reason = filterOrder(entry, context)
    if (reason === undefined) eligible.push(entry)
    else refused.set(entry.order.nonce, reason)
  }
  const passes = marketsOf(eligible).map((pass) => ({ ...pass, matches: greedyPass(pass.market, context) }))
  const choice = chooseBatch(acceptByPrice(passes, context), context)
  return {
    matches: choice.kept,
    prices: lowestBids(choice.kept),
    unmatched: explainAll(refused, passes, choice, context),
  }
}

/** One market per duration and auction type, shortest duration and inbound first. */
function marketsOf(eligible: readonly BookOrder[]): readonly Omit<PlainPass, 'matches'>[] {
  const durations = [...new Set(eligible.map((entry) => entry.order.leaseDuration))].toSorted((a, b) => a - b)
  return durations.flatMap((duration) =>
    (['inbound', 'outbound'] as const).map((auctionType) => {
      const orders = eligible.filter(
        ({ order }) => order.leaseDuration === duration && order.auctionType === auctionType,
      )
      return { duration, auctionType, market: sortMarket(orders) }
    }),
  )
}

/** One price per duration over both auction types, for a proposal carries only one (matching §4.3). */
function acceptByPrice(passes: readonly PlainPass[], context: MatchContext): readonly PricedMarket[] {
  return passes.map(({ duration, market, matches }) => {
    const all = passes.filter((other) => other.duration === duration).flatMap((other) => other.matches)
    const price = marketClearingPrice(all, context.rules.priceRule)
    return {
      accepted: price === undefined ? [] : acceptedAt(matches, price),
      orders: () => ordersAt(market, price),
    }
  })
}

/** Orders that a price admits. */
function ordersAt({ asks, bids }: Market, price: RatePpb | undefined): Market {
  if (price === undefined) return { asks: [], bids: [] }
  return {
    asks: asks.filter(({ order }) => order.rate <= price),
    bids: bids.filter(({ order }) => order.rate >= price),
  }
}

function explainAll(
  refused: ReadonlyMap<OrderNonce, UnmatchedReason>,
  passes: readonly PlainPass[],
  choice: BatchChoice,
  context: MatchContext,
): ReadonlyMap<OrderNonce, UnmatchedReason> {
  const reasons = new Map<OrderNonce, UnmatchedReason>(refused)
  const matched = new Set(choice.kept.flatMap(({ ask, bid }) => [ask.order.nonce, bid.order.nonce]))
  for (const [index, { market, matches }] of passes.entries()) {
    const lost = lostReasons(matches, choice, index)
    for (const entry of [...market.asks, ...market.bids]) {
      const { nonce } = entry.order
      if (!matched.has(nonce)) reasons.set(nonce, lost.get(nonce) ?? explainUnmatched(entry, market, context))
    }
  }
  return reasons
}

/** Of orders with matches that price or room took away: the last one's reason, room before price. */
function lostReasons(
  matches: readonly Match[],
  choice: BatchChoice,
  market: number,
): ReadonlyMap<OrderNonce, OutcomeReason> {
  const lost = new Map<OrderNonce, OutcomeReason>()
  const note = ({ ask, bid }: Match, reason: OutcomeReason): void => {
    lost.set(ask.order.nonce, reason)
    lost.set(bid.order.nonce, reason)
  }
  for (const match of matches) note(match, 'priceBeyondRate')
  for (const [turn, fate] of (choice.fates[market] ?? new Uint8Array(0)).entries()) {
    const match = choice.lists[market]?.at(turn)
    const reason = FATES[fate]
    if (match !== undefined && reason !== undefined && reason !== 'kept') note(match, reason)
  }
  return lost
}
