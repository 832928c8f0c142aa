import { UnitsError, type AccountKey, type BlockCount, type NodeKey, type OrderNonce } from '@tidepool/crypto'
import { isAsk, isBid, type BookAsk, type BookBid, type BookOrder } from '../../book.ts'
import { isArchived, type AuctionType } from '../../order.ts'
import { unitsOf } from '../../supplyUnit.ts'
import type { MatchContext, MatchOutcome } from '../types.ts'
import { BookSide } from './bookSide.ts'
import { fastMatch } from './fastMatch.ts'
import { Interner, NodeLists } from './interner.ts'
import type { Row, Standing } from './rows.ts'
import { Scratch } from './scratch.ts'
import { askTraits, bidTraits, INACTIVE } from './traits.ts'

interface BookMarket {
  readonly duration: BlockCount
  readonly auctionType: AuctionType
  readonly asks: BookSide<BookAsk>
  readonly bids: BookSide<BookBid>
}

const UINT32_MAX = 0xffffffff
const AUCTION_TYPES = ['inbound', 'outbound'] as const

/**
 * The open orders, ready to be matched at any time: about a hundred bytes per order besides the order itself, a few
 * microseconds per change (matching §5). What it answers depends on the orders in it alone, not on how they came.
 */
export class MatchingBook {
  readonly #accounts = new Interner<AccountKey>()
  readonly #nodes = new Interner<NodeKey>()
  readonly #lists = new NodeLists(this.#nodes)
  readonly #scratch = new Scratch()
  readonly #entries = new Map<OrderNonce, BookOrder>()
  readonly #markets = new Map<BlockCount, Record<AuctionType, BookMarket>>()

  /** @throws UnitsError NUMBER_OUT_OF_RANGE for an order of 2^32 units or more */
  static from(orders: Iterable<BookOrder>): MatchingBook {
    const book = new MatchingBook()
    for (const entry of orders) book.put(entry)
    return book
  }

  get size(): number {
    return this.#entries.size
  }

  get(nonce: OrderNonce): BookOrder | undefined {
    return this.#entries.get(nonce)
  }

  orders(): Iterable<BookOrder> {
    return this.#entries.values()
  }

  /** Adds an order, or takes its new state and units. @throws UnitsError NUMBER_OUT_OF_RANGE from 2^32 units on */
  put(entry: BookOrder): void {
    const known = this.#entries.get(entry.order.nonce)
    if (known === entry) return
    if (known !== undefined && known.order === entry.order && known.arrival === entry.arrival) {
      const market = this.#marketOf(known)
      const standing = standingOf(entry)
      if (isAsk(known) && isAsk(entry)) market.asks.replace(known, entry, standing)
      else if (isBid(known) && isBid(entry)) market.bids.replace(known, entry, standing)
    } else {
      const row = this.#rowOf(entry)
      if (known !== undefined) this.remove(known.order.nonce)
      const market = this.#marketOf(entry)
      if (isAsk(entry)) market.asks.add(entry, row)
      else if (isBid(entry)) market.bids.add(entry, row)
    }
    this.#entries.set(entry.order.nonce, entry)
  }

  /** Takes an order out; whether it was there. */
  remove(nonce: OrderNonce): boolean {
    const known = this.#entries.get(nonce)
    if (known === undefined) return false
    const market = this.#marketOf(known)
    if (isAsk(known)) market.asks.remove(known)
    else if (isBid(known)) market.bids.remove(known)
    return this.#entries.delete(nonce)
  }

  /** What `matchMake` says of the same orders, to the letter, with the overdrawn accounts' orders left out. */
  matchMake(context: MatchContext, overdrawn: ReadonlySet<AccountKey> = new Set()): MatchOutcome {
    const numbers = { accounts: this.#accounts, nodes: this.#nodes, lists: this.#lists }
    const durations = [...this.#markets.keys()].toSorted((a, b) => a - b)
    const markets = durations.flatMap((duration) =>
      AUCTION_TYPES.map((auctionType) => {
        const { asks, bids } = this.#marketsOf(duration)[auctionType]
        return { duration, auctionType, asks: asks.rows(), bids: bids.rows() }
      }),
    )
    return fastMatch(markets, numbers, context, new Set(overdrawn), this.#scratch)
  }

  /** Sorts in what came since the last time; `matchMake` does so itself. */
  settle(): void {
    for (const markets of this.#markets.values()) {
      for (const { asks, bids } of Object.values(markets)) {
        asks.rows()
        bids.rows()
      }
    }
  }

  #marketOf({ order }: BookOrder): BookMarket {
    return this.#marketsOf(order.leaseDuration)[order.auctionType]
  }

  #marketsOf(duration: BlockCount): Record<AuctionType, BookMarket> {
    const known = this.#markets.get(duration)
    if (known !== undefined) return known
    const market = (auctionType: AuctionType): BookMarket => ({
      duration,
      auctionType,
      asks: new BookSide<BookAsk>('lowest'),
      bids: new BookSide<BookBid>('highest'),
    })
    const markets = { inbound: market('inbound'), outbound: market('outbound') }
    this.#markets.set(duration, markets)
    return markets
  }

  #rowOf(entry: BookOrder): Row {
    const { order } = entry
    const { left, need, isActive } = standingOf(entry)
    const balance =
      order.kind === 'bid' && order.selfChannelBalance > 0n ? uint32(unitsOf(order.selfChannelBalance)) : 0
    const traits = order.kind === 'ask' ? askTraits(order) : bidTraits(order)
    return {
      rate: order.rate,
      left,
      min: uint32(order.minUnitsMatch),
      need,
      balance,
      account: this.#accounts.of(order.accountKey),
      node: this.#nodes.of(order.nodeKey),
      list: this.#lists.of(order.nodeFilter),
      maxFeeRate: Number(order.maxBatchFeeRate < UINT32_MAX ? order.maxBatchFeeRate : UINT32_MAX),
      traits: traits | (isActive ? 0 : INACTIVE),
    }
  }
}

/** What changes of an order while it is open. */
function standingOf({ order, state, unitsUnfulfilled }: BookOrder): Standing {
  const inbound = order.auctionType === 'inbound'
  const min = uint32(order.minUnitsMatch)
  const left = uint32(unitsUnfulfilled)
  const isActive = !isArchived(state) && left >= 1 && !(inbound && left < min)
  if (!inbound) return { left, need: 1, isActive }
  const whole = order.kind === 'bid' && (order.selfChannelBalance > 0n || order.isSidecar)
  if (!whole) return { left, need: Math.max(1, min), isActive }
  return { left, need: left === unitsOf(order.amount) && left >= min ? left : UINT32_MAX, isActive }
}

function uint32(value: number): number {
  if (value < UINT32_MAX) return value
  const detail = { code: 'NUMBER_OUT_OF_RANGE', what: 'number of units', value: String(value) } as const
  throw new UnitsError(detail, `${value} units are more than a book takes`)
}
