import type { OrderNonce } from '@tidepool/crypto'
import type { BookAsk, BookBid, BookOrder } from '../../book.ts'
import { explainUnmatched } from '../explain.ts'
import { filterOrder } from '../filters.ts'
import type { Market, MatchContext, UnmatchedReason } from '../types.ts'
import { ORDER_FATES, type Fates } from './fates.ts'

/** Mask of rows that have left the book. */
export const GONE = 2

/** A market as an attempt saw it. */
export interface ExplainedMarket extends Fates {
  readonly asks: readonly BookAsk[]
  readonly bids: readonly BookBid[]
  /** 1 for orders that took part, `GONE` for rows without an order. */
  readonly askMask: Uint8Array
  readonly bidMask: Uint8Array
}

interface Place {
  readonly market: ExplainedMarket
  readonly side: 'ask' | 'bid'
  readonly row: number
}

/**
 * A reason for each order without a match, worked out when asked for: finding an order's nearest counterpart may mean
 * looking at the whole other side. The same codes as the plain pass gives.
 */
export class LazyReasons implements ReadonlyMap<OrderNonce, UnmatchedReason> {
  readonly #markets: readonly ExplainedMarket[]
  readonly #context: MatchContext
  readonly #sorted = new Map<ExplainedMarket, Market>()
  #places: ReadonlyMap<OrderNonce, Place> | undefined

  constructor(markets: readonly ExplainedMarket[], context: MatchContext) {
    this.#markets = markets
    this.#context = context
  }

  get size(): number {
    return this.#placed().size
  }

  has(nonce: OrderNonce): boolean {
    return this.#placed().has(nonce)
  }

  get(nonce: OrderNonce): UnmatchedReason | undefined {
    const place = this.#placed().get(nonce)
    return place && this.#reasonOf(place)
  }

  *entries(): Generator<[OrderNonce, UnmatchedReason], undefined> {
    for (const [nonce, place] of this.#placed()) yield [nonce, this.#reasonOf(place)]
  }

  keys(): MapIterator<OrderNonce> {
    return this.#placed().keys()
  }

  *values(): Generator<UnmatchedReason, undefined> {
    for (const place of this.#placed().values()) yield this.#reasonOf(place)
  }

  [Symbol.iterator](): Generator<[OrderNonce, UnmatchedReason], undefined> {
    return this.entries()
  }

  forEach(
    callback: (reason: UnmatchedReason, nonce: OrderNonce, map: ReadonlyMap<OrderNonce, UnmatchedReason>) => void,
  ): void {
    for (const [nonce, reason] of this) callback(reason, nonce, this)
  }

  /** The order itself, if it was left out. */
  orderOf(nonce: OrderNonce): BookOrder | undefined {
    const place = this.#placed().get(nonce)
    return place && entryOf(place)
  }

  /** Orders without a match by nonce, listed at the first question. */
  #placed(): ReadonlyMap<OrderNonce, Place> {
    if (this.#places !== undefined) return this.#places
    const places = new Map<OrderNonce, Place>()
    for (const market of this.#markets) {
      for (const side of ['ask', 'bid'] as const) {
        const mask = side === 'ask' ? market.askMask : market.bidMask
        const entries: readonly BookOrder[] = side === 'ask' ? market.asks : market.bids
        for (const [row, { order }] of entries.entries()) {
          const place = { market, side, row }
          if (mask[row] !== GONE && fateOf(place, order.nonce) !== 'kept') places.set(order.nonce, place)
        }
      }
    }
    this.#places = places
    return places
  }

  #reasonOf(place: Place): UnmatchedReason {
    const { market, side, row } = place
    const entry = entryOf(place)
    const fate = fateOf(place, entry.order.nonce)
    if (fate !== 'none' && fate !== 'kept') return fate
    const takesPart = (side === 'ask' ? market.askMask : market.bidMask)[row] === 1
    if (takesPart) return explainUnmatched(entry, this.#marketOf(market), this.#context)
    // Only an overdraft keeps an order out that every filter lets through.
    return filterOrder(entry, this.#context) ?? 'accountOverdrawn'
  }

  /** The orders that took part, in priority order. */
  #marketOf(market: ExplainedMarket): Market {
    const known = this.#sorted.get(market)
    if (known !== undefined) return known
    const sorted = {
      asks: market.asks.filter((_, row) => market.askMask[row] === 1),
      bids: market.bids.filter((_, row) => market.bidMask[row] === 1),
    }
    this.#sorted.set(market, sorted)
    return sorted
  }
}

function entryOf({ market, side, row }: Place): BookOrder {
  return (side === 'ask' ? market.asks[row] : market.bids[row]) as BookOrder
}

function fateOf({ market, side, row }: Place, nonce: OrderNonce) {
  const own = (side === 'ask' ? market.askFates : market.bidFates)[row] as number
  return market.improved.get(nonce) ?? (ORDER_FATES[own] as (typeof ORDER_FATES)[number])
}
