import type { BookAsk, BookBid } from '../book.ts'
import { MatchTable, type Pairing, type StepCounter } from './matchTable.ts'
import type { Match, MatchContext } from './types.ts'

export type { StepCounter } from './matchTable.ts'
export const stepCounter = (left: number): StepCounter => ({ left })

/** How many bids, each served by another ask instead, one step may move in a row. */
const DEPTH = 3
/** Orders with something left that are looked at, per side. */
const MOST_ORDERS = 1000
/** Amounts that are tried for one bid. */
const MOST_AMOUNTS = 12

/**
 * Serves more at the same price: a bid with something left gets units from an ask that has some, or from one whose
 * other bids can be served elsewhere (matching §4.5). Nobody's fill ever falls, matches stay within all rules, and the
 * step count bounds the search, so that the result is the same on every machine.
 */
export function improveMatches(market: Pairing, context: MatchContext, steps: StepCounter): readonly Match[] {
  const filled = new Map<BookAsk | BookBid, number>()
  for (const { ask, bid, units } of market.matches) {
    filled.set(ask, (filled.get(ask) ?? 0) + units)
    filled.set(bid, (filled.get(bid) ?? 0) + units)
  }
  const hasLeft = (entry: BookAsk | BookBid): boolean => entry.unitsUnfulfilled > (filled.get(entry) ?? 0)
  const asks = concerned(market.asks, filled, hasLeft)
  const bids = concerned(market.bids, filled, hasLeft)
  if (!asks.some(hasLeft) || !bids.some(hasLeft)) return market.matches
  const table = new MatchTable({ asks, bids, matches: market.matches }, context, steps)
  return new Improvement(table, bids.length, steps).run() ? table.matches() : market.matches
}

/** Matched orders, and the first of those that have something left. */
function concerned<E extends BookAsk | BookBid>(
  entries: readonly E[],
  filled: ReadonlyMap<BookAsk | BookBid, number>,
  hasLeft: (entry: E) => boolean,
): readonly E[] {
  let open = 0
  return entries.filter((entry) => filled.has(entry) || (hasLeft(entry) && open++ < MOST_ORDERS))
}

class Improvement {
  readonly #table: MatchTable
  readonly #bids: number
  readonly #steps: StepCounter
  /** Asks being freed: those further down the chain may not come back to them. */
  readonly #locked = new Set<number>()

  constructor(table: MatchTable, bids: number, steps: StepCounter) {
    this.#table = table
    this.#bids = bids
    this.#steps = steps
  }

  /** Best bids first, short chains before long ones, until nobody can be given more. Whether anything changed. */
  run(): boolean {
    let changed = false
    for (let depth = 0; depth <= DEPTH;) {
      const served = this.#round(depth)
      changed ||= served
      depth = served ? 0 : depth + 1
    }
    return changed
  }

  #round(depth: number): boolean {
    let changed = false
    for (let bid = 0; bid < this.#bids && this.#steps.left > 0; bid++) {
      while (this.#serve(bid, depth)) changed = true
    }
    return changed
  }

  /** One gain for one bid, the largest first. */
  #serve(bid: number, depth: number): boolean {
    for (const amount of this.#amountsFor(bid)) {
      const mark = this.#table.mark()
      if (this.#raise(bid, amount, depth) && this.#table.isGainSince(mark)) return true
      this.#table.undoTo(mark)
    }
    return false
  }

  #amountsFor(bid: number): readonly number[] {
    const left = this.#table.bidLeft(bid)
    if (left === 0 || this.#table.isWhole(bid)) return left === 0 ? [] : [left]
    const amounts = new Set([left, 1])
    for (const ask of this.#table.partners(bid)) {
      if (--this.#steps.left < 0) return []
      const least = this.#table.least(ask, bid)
      for (const amount of [this.#table.askLeft(ask), least]) if (amount >= 1 && amount < left) amounts.add(amount)
      for (const taker of this.#table.takers(ask)) {
        this.#steps.left--
        const units = this.#table.units(ask, taker)
        const spare = units - this.#table.least(ask, taker)
        for (const amount of [units, spare]) if (amount >= 1 && amount < left) amounts.add(amount)
      }
    }
    return [...amounts].toSorted((a, b) => b - a).slice(0, MOST_AMOUNTS)
  }

  /** Gives a bid so much more, from one ask or several; leaves the table as it was if it cannot. */
  #raise(bid: number, amount: number, depth: number): boolean {
    const mark = this.#table.mark()
    const goal = this.#table.bidLeft(bid) - amount
    for (const ask of this.#table.partners(bid)) {
      if (this.#table.bidLeft(bid) <= goal) return true
      if (--this.#steps.left < 0) break
      if (!this.#locked.has(ask)) this.#take(ask, bid, goal, depth)
    }
    if (this.#table.bidLeft(bid) <= goal) return true
    this.#table.undoTo(mark)
    return false
  }

  /**
   * Units of an ask for a bid, until the bid has no more than its goal left, moving other bids away if it must. Those
   * may make the bid itself give way further down the chain, and give it more than it had.
   */
  #take(ask: number, bid: number, goal: number, depth: number): void {
    const mark = this.#table.mark()
    const missing = this.#table.bidLeft(bid) - goal - this.#table.askLeft(ask)
    if (missing > 0 && depth > 0) this.#free(ask, bid, missing, depth - 1)
    const left = this.#table.bidLeft(bid)
    if (left <= goal) return
    const units = Math.min(left - goal, this.#table.askLeft(ask))
    const isEnough = this.#table.isWhole(bid)
      ? this.#table.units(ask, bid) === 0 && units === left
      : this.#table.units(ask, bid) + units >= this.#table.least(ask, bid)
    if (units > 0 && isEnough) this.#table.change(ask, bid, units)
    else this.#table.undoTo(mark)
  }

  /** Moves bids of an ask to other asks until so much is free of it, or as much as can be. */
  #free(ask: number, forBid: number, wanted: number, depth: number): void {
    this.#locked.add(ask)
    let missing = wanted
    for (const taker of this.#table.takers(ask)) {
      if (missing <= 0 || --this.#steps.left < 0) break
      if (taker === forBid) continue
      for (const units of this.#portions(ask, taker, missing)) {
        const mark = this.#table.mark()
        this.#table.change(ask, taker, -units)
        if (this.#raiseAtLeast(taker, units, depth)) {
          missing -= units
          break
        }
        this.#table.undoTo(mark)
      }
    }
    this.#locked.delete(ask)
  }

  /** What may be taken from a match: all of it, or as much as leaves its minimum. */
  #portions(ask: number, taker: number, missing: number): readonly number[] {
    const units = this.#table.units(ask, taker)
    if (this.#table.isWhole(taker)) return [units]
    const spare = Math.min(missing, units - this.#table.least(ask, taker))
    return spare >= 1 && spare < units ? (units <= missing ? [units, spare] : [spare, units]) : [units]
  }

  /** Gives back what was taken, or, where that is too small for a channel, as much more as an ask's minimum needs. */
  #raiseAtLeast(bid: number, units: number, depth: number): boolean {
    if (this.#raise(bid, units, depth)) return true
    if (this.#table.isWhole(bid)) return false
    const left = this.#table.bidLeft(bid)
    const larger = new Set(this.#table.partners(bid).map((ask) => this.#table.least(ask, bid)))
    for (const amount of [...larger].toSorted((a, b) => a - b).slice(0, MOST_AMOUNTS)) {
      if (amount > units && amount <= left && this.#raise(bid, amount, depth)) return true
    }
    return false
  }
}
