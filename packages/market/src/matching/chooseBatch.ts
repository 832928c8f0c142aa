import type { BookAsk, BookBid } from '../book.ts'
import { BatchRoom } from './batchCapacity.ts'
import { lowestBids } from './clearingPrice.ts'
import { improveMatches, stepCounter } from './improvement.ts'
import type { Match, MatchContext } from './types.ts'

/** Matches in the order of the pass, made when asked for: a big market has far more than a batch can hold. */
export interface MatchList {
  readonly length: number
  at(index: number): Match | undefined
}

/** One market at its price. */
export interface PricedMarket {
  readonly accepted: MatchList
  /** Orders that the price admits, best first. */
  readonly orders: () => { readonly asks: readonly BookAsk[]; readonly bids: readonly BookBid[] }
}

/** What became of each match of a list: an index into `FATES`. */
export const FATES = ['batchFull', 'kept', 'nodeChannelLimit'] as const
export const KEPT = 1

export interface BatchChoice {
  readonly kept: readonly Match[]
  /** Per market: its matches before the cut, and what became of each. */
  readonly lists: readonly MatchList[]
  readonly fates: readonly Uint8Array[]
  readonly isFull: boolean
  readonly isImproved: boolean
}

/**
 * What goes into the batch: the accepted matches as far as there is room, after the improvement pass has added what it
 * can. A full batch has nothing to gain from it, and where a limit would make the improved batch give anyone less than
 * the plain one, or at another price, the plain one stands.
 */
export function chooseBatch(markets: readonly PricedMarket[], context: MatchContext): BatchChoice {
  const plain = cutToCapacity(
    markets.map(({ accepted }) => accepted),
    context,
  )
  if (!context.rules.improve || plain.isFull || plain.kept.length === 0) return plain
  const steps = stepCounter(context.rules.maxImprovementSteps)
  const improved = cutToCapacity(
    markets.map(({ accepted, orders }) => improveMatches({ ...orders(), matches: toArray(accepted) }, context, steps)),
    context,
  )
  return lowersNobody(improved.kept, plain.kept) && samePrices(improved.kept, plain.kept)
    ? { ...improved, isImproved: true }
    : plain
}

const toArray = (list: MatchList): readonly Match[] =>
  Array.from({ length: list.length }, (_, index) => list.at(index)).filter((match) => match !== undefined)

/** All markets' first matches, then all second ones: none starves another when the batch is full. */
function cutToCapacity(lists: readonly MatchList[], context: MatchContext): BatchChoice {
  const room = new BatchRoom(context)
  const kept: Match[] = []
  const fates = lists.map(({ length }) => new Uint8Array(length))
  const turns = Math.max(0, ...lists.map(({ length }) => length))
  for (let turn = 0; turn < turns && !room.isFull; turn++) {
    for (const [market, list] of lists.entries()) {
      const match = list.at(turn)
      const mine = fates[market]
      if (match === undefined || mine === undefined) continue
      const verdict = room.offer(match)
      mine[turn] = FATES.indexOf(verdict)
      if (verdict === 'kept') kept.push(match)
    }
  }
  return { kept, lists, fates, isFull: room.isFull, isImproved: false }
}

function lowersNobody(after: readonly Match[], before: readonly Match[]): boolean {
  const fills = fillsOf(after)
  return [...fillsOf(before)].every(([nonce, units]) => (fills.get(nonce) ?? 0) >= units)
}

function samePrices(after: readonly Match[], before: readonly Match[]): boolean {
  const prices = lowestBids(after)
  return [...lowestBids(before)].every(([duration, price]) => prices.get(duration) === price)
}

function fillsOf(matches: readonly Match[]): ReadonlyMap<string, number> {
  const fills = new Map<string, number>()
  for (const { ask, bid, units } of matches) {
    for (const { order } of [ask, bid]) fills.set(order.nonce, (fills.get(order.nonce) ?? 0) + units)
  }
  return fills
}
