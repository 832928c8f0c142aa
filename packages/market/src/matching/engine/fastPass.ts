import type { BookBid } from '../../book.ts'
import { AskIndex } from './askIndex.ts'
import { NO_ROW, type Wish } from './askTrees.ts'
import { NO_STREAM, type Attempt } from './attempt.ts'
import { ANY_NODE } from './interner.ts'
import type { MarketPass } from './marketPass.ts'
import { SIDECAR, TRAITS_MASK } from './traits.ts'

/**
 * The greedy pass over columns (matching §4.1, §5): the same matches as the plain double loop, in
 * O((orders + matches) * classes * log orders).
 */
export function fastPass(market: MarketPass, attempt: Attempt): void {
  const { bids, bidMask } = market
  const best = firstOf(bidMask)
  if (best === bids.length) return
  const pass = new Pass(market, attempt, bids.rate[best] as number)
  for (let row = best; row < bids.length && pass.reachesAsks(row); row++) if (bidMask[row] === 1) pass.fill(row)
}

function firstOf(mask: Uint8Array): number {
  const first = mask.indexOf(1)
  return first < 0 ? mask.length : first
}

/** Who a bid is, looked up once per bid. */
interface Bidder {
  account: number
  node: number
  list: number
  stream: number
  recipient: number
  conflicts: ReadonlySet<number> | undefined
  kinds: Uint8Array
}

class Pass {
  readonly #market: MarketPass
  readonly #attempt: Attempt
  readonly #index: AskIndex
  readonly #outbound: boolean
  readonly #wish: Wish = { need: 1, cap: 1, groups: -1 }
  readonly #bidder: Bidder
  /** Asks before this row are priced at or below the bid. */
  #limit: number
  /** Per signature the classes that a bid may meet. */
  readonly #kindLists = new Map<number, Int32Array>()
  #heads = new Int32Array(0)

  constructor(market: MarketPass, attempt: Attempt, bestRate: number) {
    this.#market = market
    this.#attempt = attempt
    this.#outbound = market.auctionType === 'outbound'
    const { asks, askMask } = market
    let limit = asks.length
    while (limit > 0 && (asks.rate[limit - 1] as number) > bestRate) limit--
    this.#limit = limit
    const left = attempt.scratch.column('askLeft', limit)
    for (let row = 0; row < limit; row++) {
      const units = asks.left[row] as number
      // Outbound orders are one unit each (P12).
      if (askMask[row] === 1 && (!this.#outbound || units === 1)) left[row] = units
    }
    this.#index = new AskIndex(asks, left, attempt)
    this.#bidder = {
      account: 0,
      node: 0,
      list: 0,
      stream: 0,
      recipient: 0,
      conflicts: undefined,
      kinds: new Uint8Array(0),
    }
  }

  /** Moves the limit down to the bid's rate; false once no ask is cheap enough for it, nor for any later bid. */
  reachesAsks(bidRow: number): boolean {
    const { asks, bids } = this.#market
    const rate = bids.rate[bidRow] as number
    while (this.#limit > 0 && (asks.rate[this.#limit - 1] as number) > rate) this.#limit--
    return this.#limit > 0
  }

  fill(bidRow: number): void {
    const { bids } = this.#market
    const left = bids.left[bidRow] as number
    const need = bids.need[bidRow] as number
    if (left < need || (this.#outbound && left !== 1)) return
    this.#wish.need = need
    const kinds = this.#introduce(bidRow)
    const list = bids.list[bidRow] as number
    if (list !== ANY_NODE && this.#attempt.lists.isAllowList(list)) this.#fillFromNodes(bidRow, left, list)
    else this.#fillFromTrees(bidRow, left, kinds)
  }

  #introduce(bidRow: number): Int32Array {
    const { bids } = this.#market
    const traits = bids.traits[bidRow] as number
    const signature = traits & TRAITS_MASK
    const entry = bids.entries[bidRow] as BookBid
    const bidder = this.#bidder
    bidder.account = bids.account[bidRow] as number
    bidder.node = bids.node[bidRow] as number
    bidder.list = bids.list[bidRow] as number
    bidder.stream = this.#attempt.streams[bidder.account] as number
    bidder.recipient = traits & SIDECAR ? this.#attempt.recipientOf(entry) : NO_STREAM
    bidder.conflicts = this.#attempt.conflictsOf(bidder.node)
    bidder.kinds = this.#index.admittedKinds(signature, entry, this.#attempt.context)
    const known = this.#kindLists.get(signature)
    if (known !== undefined) return known
    const kinds = Int32Array.from([...bidder.kinds.keys()].filter((kind) => bidder.kinds[kind] === 1))
    this.#kindLists.set(signature, kinds)
    if (kinds.length > this.#heads.length) this.#heads = new Int32Array(kinds.length)
    return kinds
  }

  /** The rules that speak of this very pair: P4, P5, P7, P11, P13's traders. */
  #mayMeet(askRow: number): boolean {
    const { account, node, list } = this.#market.asks
    const bidder = this.#bidder
    const askAccount = account[askRow] as number
    const askNode = node[askRow] as number
    if (askAccount === bidder.account || askNode === bidder.node) return false
    const stream = this.#attempt.streams[askAccount] as number
    if (stream === bidder.stream || stream === bidder.recipient) return false
    const { lists } = this.#attempt
    const askList = list[askRow] as number
    if (askList !== ANY_NODE && !lists.admits(askList, bidder.node)) return false
    if (bidder.list !== ANY_NODE && !lists.admits(bidder.list, askNode)) return false
    return bidder.conflicts === undefined || !bidder.conflicts.has(askNode)
  }

  /** Whether an ask outside the trees fits, in size and in kind. */
  #fits(askRow: number): boolean {
    const left = this.#index.left[askRow] as number
    return (
      left >= this.#wish.need &&
      (this.#market.asks.min[askRow] as number) <= this.#wish.cap &&
      this.#bidder.kinds[this.#index.kinds[askRow] as number] === 1 &&
      this.#mayMeet(askRow)
    )
  }

  /** Matches and returns what is left of the bid. */
  #match(askRow: number, bidRow: number, left: number): number {
    const units = Math.min(left, this.#index.left[askRow] as number)
    this.#market.log.push(askRow, bidRow, units)
    this.#index.take(askRow, units)
    return left - units
  }

  #capOf(bidRow: number, left: number): number {
    return this.#outbound ? (this.#market.bids.balance[bidRow] as number) : left
  }

  /** A bid with an allow list: through the asks of those nodes only. */
  #fillFromNodes(bidRow: number, units: number, list: number): void {
    let left = units
    const { rows, first } = this.#index.ofList(list)
    for (let next = first; next < rows.length; next++) {
      const askRow = rows[next] as number
      if (askRow >= this.#limit || left < this.#wish.need) return
      this.#wish.cap = this.#capOf(bidRow, left)
      if (this.#fits(askRow)) left = this.#match(askRow, bidRow, left)
    }
  }

  #fillFromTrees(bidRow: number, units: number, kinds: Int32Array): void {
    const { trees } = this.#index
    const heads = this.#heads
    for (let k = 0; k < kinds.length; k++) heads[k] = trees.firstAlive(kinds[k] as number)
    const { rows: allowing, first } = this.#index.allowing(this.#bidder.node)
    this.#wish.groups = this.#index.groupsFor(this.#bidder.node, this.#bidder.list)
    let [left, allowed] = [units, first]
    while (left >= this.#wish.need) {
      this.#wish.cap = this.#capOf(bidRow, left)
      let best = this.#earliestHead(kinds, heads)
      while (
        allowed < allowing.length &&
        (allowing[allowed] as number) < best &&
        !this.#fits(allowing[allowed] as number)
      ) {
        allowed++
      }
      best = Math.min(best, allowing[allowed] ?? NO_ROW)
      if (best >= this.#limit) return
      left = this.#match(best, bidRow, left)
      // The ask used up the bid, or the bid the ask: no pair meets twice.
    }
  }

  /** Moves the heads of the admitted classes up, as far as needed to know the earliest ask that fits. */
  #earliestHead(kinds: Int32Array, heads: Int32Array): number {
    const { trees } = this.#index
    let best = this.#limit
    for (let k = 0; k < kinds.length; k++) {
      const kind = kinds[k] as number
      let leaf = heads[k] as number
      if (trees.rowOf(kind, leaf) >= best) continue
      leaf = trees.next(kind, leaf, this.#wish, best)
      let row = trees.rowOf(kind, leaf)
      while (row < best && !this.#mayMeet(row)) {
        leaf = trees.next(kind, leaf + 1, this.#wish, best)
        row = trees.rowOf(kind, leaf)
      }
      heads[k] = leaf
      if (row < best) best = row
    }
    return best
  }
}
