import type { BookAsk, BookBid } from '../book.ts'
import { supplyUnits } from '../supplyUnit.ts'
import { matchUnits, premiumUnits } from './matchUnits.ts'
import { firstRefusal } from './pairRules.ts'
import type { Match, MatchContext } from './types.ts'

/** Orders by their number in priority order. */
export interface Pairing {
  readonly asks: readonly BookAsk[]
  readonly bids: readonly BookBid[]
  readonly matches: readonly Match[]
}

/** A count of pairs that may still be looked at. */
export interface StepCounter {
  left: number
}

interface Change {
  readonly ask: number
  readonly bid: number
  readonly before: number
}

/** Who has how much from whom in one market, with changes that can be taken back. */
export class MatchTable {
  readonly #pairing: Pairing
  readonly #context: MatchContext
  readonly #steps: StepCounter
  readonly #askLeft: number[]
  readonly #bidLeft: number[]
  /** Per bid: units by ask; and the bids of each ask. */
  readonly #units: Map<number, number>[]
  readonly #takers: Set<number>[]
  readonly #partners: (readonly number[] | undefined)[]
  readonly #changes: Change[] = []

  constructor(pairing: Pairing, context: MatchContext, steps: StepCounter) {
    this.#pairing = pairing
    this.#context = context
    this.#steps = steps
    this.#askLeft = pairing.asks.map(({ unitsUnfulfilled }) => unitsUnfulfilled)
    this.#bidLeft = pairing.bids.map(({ unitsUnfulfilled }) => unitsUnfulfilled)
    this.#units = pairing.bids.map(() => new Map<number, number>())
    this.#takers = pairing.asks.map(() => new Set<number>())
    this.#partners = pairing.bids.map(() => undefined)
    const askNumbers = new Map(pairing.asks.map((ask, number) => [ask, number]))
    const bidNumbers = new Map(pairing.bids.map((bid, number) => [bid, number]))
    for (const { ask, bid, units } of pairing.matches) {
      const [a, b] = [askNumbers.get(ask), bidNumbers.get(bid)]
      if (a !== undefined && b !== undefined) this.change(a, b, units)
    }
    this.#changes.length = 0
  }

  askLeft(ask: number): number {
    return this.#askLeft[ask] ?? 0
  }

  bidLeft(bid: number): number {
    return this.#bidLeft[bid] ?? 0
  }

  units(ask: number, bid: number): number {
    return this.#units[bid]?.get(ask) ?? 0
  }

  /** Bids that an ask serves, the least important first. */
  takers(ask: number): readonly number[] {
    return [...(this.#takers[ask] ?? [])].toSorted((a, b) => b - a)
  }

  isWhole(bid: number): boolean {
    const order = this.#pairing.bids[bid]?.order
    return order !== undefined && order.auctionType === 'inbound' && (order.selfChannelBalance > 0n || order.isSidecar)
  }

  /** The least a match of the two may be. */
  least(ask: number, bid: number): number {
    const [a, b] = [this.#pairing.asks[ask]?.order, this.#pairing.bids[bid]?.order]
    if (a === undefined || b === undefined || b.auctionType === 'outbound') return 1
    return Math.max(1, a.minUnitsMatch, b.minUnitsMatch)
  }

  /** Asks that a bid may meet, best first. */
  partners(bid: number): readonly number[] {
    const known = this.#partners[bid]
    if (known !== undefined) return known
    const entry = this.#pairing.bids[bid]
    const partners: number[] = []
    for (const [number, ask] of this.#pairing.asks.entries()) {
      if (entry === undefined || --this.#steps.left < 0) break
      const fits = matchUnits(ask.order, entry.order, ask.unitsUnfulfilled, entry.unitsUnfulfilled) !== undefined
      if (fits && firstRefusal(ask.order, entry.order, this.#context) === undefined) partners.push(number)
    }
    this.#partners[bid] = partners
    return partners
  }

  /** Adds units to a pair, or takes some away. */
  change(ask: number, bid: number, units: number): void {
    const before = this.units(ask, bid)
    this.#changes.push({ ask, bid, before })
    this.#set(ask, bid, before + units)
  }

  #set(ask: number, bid: number, units: number): void {
    const grown = units - this.units(ask, bid)
    this.#askLeft[ask] = this.askLeft(ask) - grown
    this.#bidLeft[bid] = this.bidLeft(bid) - grown
    if (units === 0) {
      this.#units[bid]?.delete(ask)
      this.#takers[ask]?.delete(bid)
    } else {
      this.#units[bid]?.set(ask, units)
      this.#takers[ask]?.add(bid)
    }
  }

  /** How many changes there are, to go back to. */
  mark(): number {
    return this.#changes.length
  }

  undoTo(mark: number): void {
    for (let last = this.#changes.length; last > mark; last--) {
      const change = this.#changes.pop()
      if (change !== undefined) this.#set(change.ask, change.bid, change.before)
    }
  }

  /**
   * Whether the changes since a mark leave no ask with less than before, nor the market with less surplus: outbound
   * pairs differ in what they weigh, so that serving more of them may still be worth less.
   */
  isGainSince(mark: number): boolean {
    const before = new Map<string, Change>()
    for (const change of this.#changes.slice(mark)) {
      const key = `${change.ask} ${change.bid}`
      if (!before.has(key)) before.set(key, change)
    }
    const grown = new Map<number, number>()
    let surplus = 0n
    for (const { ask, bid, before: units } of before.values()) {
      const gain = this.units(ask, bid) - units
      grown.set(ask, (grown.get(ask) ?? 0) + gain)
      surplus += BigInt(gain) * this.#worth(ask, bid)
    }
    return surplus >= 0n && [...grown.values()].every((units) => units >= 0)
  }

  /** Surplus of one unit of a pair. */
  #worth(ask: number, bid: number): bigint {
    const [a, b] = [this.#pairing.asks[ask]?.order, this.#pairing.bids[bid]?.order]
    if (a === undefined || b === undefined) return 0n
    return BigInt(b.rate - a.rate) * premiumUnits(b, supplyUnits(1))
  }

  /** By bid priority, then ask priority: the order in which a pass makes them. */
  matches(): readonly Match[] {
    return this.#units.flatMap((asks, bid) =>
      [...asks]
        .toSorted(([a], [b]) => a - b)
        .flatMap(([ask, units]) => {
          const [a, b] = [this.#pairing.asks[ask], this.#pairing.bids[bid]]
          return a === undefined || b === undefined ? [] : [{ ask: a, bid: b, units: supplyUnits(units) }]
        }),
    )
  }
}
