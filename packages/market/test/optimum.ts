import { createRequire } from 'node:module'
import type { Highs } from 'highs'
import { isAsk, isBid, type BookAsk, type BookBid } from '../src/book.ts'
import { filterOrder } from '../src/matching/filters.ts'
import { matchUnits, premiumUnits } from '../src/matching/matchUnits.ts'
import { firstRefusal } from '../src/matching/pairRules.ts'
import { supplyUnits, unitsOf } from '../src/supplyUnit.ts'
import type { Match } from '../src/matching/types.ts'
import type { Scene } from './arbitraryBooks.ts'

export type Goal = 'volume' | 'surplus'

interface Pair {
  readonly ask: BookAsk
  readonly bid: BookBid
  readonly least: number
  readonly most: number
  /** Premium units per unit matched. */
  readonly weight: number
}

/** A CommonJS module whose export is the function itself. */
const loadHighs = createRequire(import.meta.url)('highs') as () => Promise<Highs>

let solver: Promise<Highs> | undefined

/** The most that any matching at any one price could reach: an integer program per price, solved exactly. */
export async function optimum({ book, context }: Scene, goal: Goal): Promise<number> {
  solver ??= loadHighs()
  const highs = await solver
  const pairs = pairsOf({ book, context })
  const prices = [...new Set(pairs.map(({ bid }) => bid.order.rate as number))]
  const bounded = prices
    .map((price) => {
      const at = pairsAt(pairs, price)
      return { at, bound: solve(highs, at, goal, false) }
    })
    .toSorted((a, b) => b.bound - a.bound)
  let best = 0
  for (const { at, bound } of bounded) if (bound > best + 1e-6) best = Math.max(best, solve(highs, at, goal, true))
  return Math.round(best)
}

/** The most at the price of these matches that leaves every order with at least what they give it. */
export async function optimumLoweringNobody(scene: Scene, goal: Goal, given: readonly Match[]): Promise<number> {
  solver ??= loadHighs()
  const highs = await solver
  const pairs = pairsOf(scene)
  const fills = new Map<BookAsk | BookBid, number>()
  for (const { ask, bid, units } of given) {
    for (const entry of [ask, bid]) fills.set(entry, (fills.get(entry) ?? 0) + units)
  }
  const price = Math.min(...given.map(({ bid }) => bid.order.rate))
  return Math.round(solve(highs, pairsAt(pairs, price), goal, true, fills))
}

function pairsOf({ book, context }: Scene): readonly Pair[] {
  const eligible = book.filter((entry) => filterOrder(entry, context) === undefined)
  const [asks, bids] = [eligible.filter(isAsk), eligible.filter(isBid)]
  return asks.flatMap((ask) => bids.flatMap((bid) => pairOf(ask, bid, context) ?? []))
}

const pairsAt = (pairs: readonly Pair[], price: number): readonly Pair[] =>
  pairs.filter(({ ask, bid }) => ask.order.rate <= price && price <= bid.order.rate)

function pairOf(ask: BookAsk, bid: BookBid, context: Scene['context']): Pair | undefined {
  if (firstRefusal(ask.order, bid.order, context) !== undefined) return undefined
  const most = matchUnits(ask.order, bid.order, ask.unitsUnfulfilled, bid.unitsUnfulfilled)
  if (most === undefined) return undefined
  const isWhole = bid.order.selfChannelBalance > 0n || bid.order.isSidecar
  const least = bid.order.auctionType === 'outbound' ? 1 : Math.max(1, ask.order.minUnitsMatch, bid.order.minUnitsMatch)
  const weight = Number(premiumUnits(bid.order, supplyUnits(1)))
  return {
    ask,
    bid,
    least: isWhole && bid.order.auctionType === 'inbound' ? unitsOf(bid.order.amount) : least,
    most,
    weight,
  }
}

/** Binary y: whether the pair matches; integer q: its units, least * y <= q <= most * y. */
function solve(
  highs: Highs,
  pairs: readonly Pair[],
  goal: Goal,
  isExact: boolean,
  atLeast: ReadonlyMap<BookAsk | BookBid, number> = new Map(),
): number {
  if (pairs.length === 0) return 0
  const worth = ({ ask, bid, weight }: Pair): number =>
    weight * (goal === 'volume' ? 1 : bid.order.rate - ask.order.rate)
  const terms = pairs.map((pair, i) => `${worth(pair)} q${i}`)
  const limits = pairs.flatMap(({ least, most }, i) => [`q${i} - ${most} y${i} <= 0`, `q${i} - ${least} y${i} >= 0`])
  for (const side of ['ask', 'bid'] as const) {
    for (const entry of new Set(pairs.map((pair) => pair[side]))) {
      const own = pairs.flatMap((pair, i) => (pair[side] === entry ? [`q${i}`] : []))
      limits.push(`${own.join(' + ')} <= ${entry.unitsUnfulfilled}`)
      limits.push(`${own.join(' + ')} >= ${atLeast.get(entry) ?? 0}`)
    }
  }
  const kinds = isExact
    ? `General\n${pairs.map((_, i) => `q${i}`).join(' ')}\nBinary\n${pairs.map((_, i) => `y${i}`).join(' ')}\n`
    : `Bounds\n${pairs.map((_, i) => `0 <= y${i} <= 1`).join('\n')}\n`
  const model = `Maximize\nobj: ${terms.join(' + ')}\nSubject To\n${limits.join('\n')}\n${kinds}End`
  const solution = highs.solve(model)
  if (solution.Status !== 'Optimal') throw new Error(`no optimum: ${solution.Status}`)
  return solution.ObjectiveValue
}
