import type { BlockCount, OrderNonce } from '@tidepool/crypto'
import type { BookOrder } from '../book.ts'
import type { AuctionType, RatePpb } from '../order.ts'
import { cutToCapacity } from './batchCapacity.ts'
import { acceptedAt, marketClearingPrice } from './clearingPrice.ts'
import { explainUnmatched } from './explain.ts'
import { filterOrder } from './filters.ts'
import { greedyPass, sortMarket } from './greedyPass.ts'
import type { Book, Market, Match, MatchContext, MatchOutcome, OutcomeReason, UnmatchedReason } from './types.ts'

interface MarketPass {
  readonly duration: BlockCount
  readonly auctionType: AuctionType
  readonly market: Market
  readonly matches: readonly Match[]
}

/**
 * Filter, match, price and cut: who trades with whom, and a reason for every order that does not. A function of its
 * arguments; neither the order of the book nor of any map matters.
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
  const { accepted, dropped } = acceptByPrice(passes, context)
  const { kept, cut } = cutToCapacity(inTurns(accepted), context)
  const lost = new Map<Match, OutcomeReason>([...dropped.map((match) => [match, 'priceBeyondRate'] as const), ...cut])
  return {
    matches: kept,
    prices: lowestBids(kept),
    unmatched: explainAll(refused, passes, kept, lost, context),
  }
}

/** One market per duration and auction type, shortest duration and inbound first. */
function marketsOf(eligible: readonly BookOrder[]): readonly Omit<MarketPass, 'matches'>[] {
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
function acceptByPrice(passes: readonly MarketPass[], context: MatchContext) {
  const dropped: Match[] = []
  const accepted = passes.map((pass) => {
    const all = passes.filter((other) => other.duration === pass.duration).flatMap((other) => other.matches)
    const price = marketClearingPrice(all, context.rules.priceRule)
    const kept = price === undefined ? [] : acceptedAt(pass.matches, price)
    const keptSet = new Set(kept)
    dropped.push(...pass.matches.filter((match) => !keptSet.has(match)))
    return kept
  })
  return { accepted, dropped }
}

/** All markets' first matches, then all second ones: none starves another when the batch is full. */
function inTurns(markets: readonly (readonly Match[])[]): readonly Match[] {
  return markets
    .flatMap((matches, market) => matches.map((match, turn) => ({ match, turn, market })))
    .toSorted((a, b) => a.turn - b.turn || a.market - b.market)
    .map(({ match }) => match)
}

/** The price after a cut: still the last accepted bid's, never lower than before. */
function lowestBids(matches: readonly Match[]): ReadonlyMap<BlockCount, RatePpb> {
  const prices = new Map<BlockCount, RatePpb>()
  for (const { bid } of matches) {
    const price = prices.get(bid.order.leaseDuration)
    if (price === undefined || bid.order.rate < price) prices.set(bid.order.leaseDuration, bid.order.rate)
  }
  return prices
}

function explainAll(
  refused: ReadonlyMap<OrderNonce, UnmatchedReason>,
  passes: readonly MarketPass[],
  kept: readonly Match[],
  lost: ReadonlyMap<Match, OutcomeReason>,
  context: MatchContext,
): ReadonlyMap<OrderNonce, UnmatchedReason> {
  const reasons = new Map<OrderNonce, UnmatchedReason>(refused)
  const matched = new Set(kept.flatMap(({ ask, bid }) => [ask.order.nonce, bid.order.nonce]))
  const lostReason = new Map<OrderNonce, OutcomeReason>()
  for (const [{ ask, bid }, reason] of lost) {
    lostReason.set(ask.order.nonce, reason)
    lostReason.set(bid.order.nonce, reason)
  }
  for (const { market } of passes) {
    for (const entry of [...market.asks, ...market.bids]) {
      const { nonce } = entry.order
      if (!matched.has(nonce)) reasons.set(nonce, lostReason.get(nonce) ?? explainUnmatched(entry, market, context))
    }
  }
  return reasons
}
