import type { BlockCount, NodeKey, PubKey } from '@tidepool/crypto'
import { isArchived } from '@tidepool/market'
import type { NodeTier, SupplyUnits } from '@tidepool/market'
import type { OrderRecord } from './records.ts'
import type { OrderMarks, OrderOwner, StoredOrders } from './storedOrders.ts'

/** Open orders of one side and tier. */
export interface TierCount {
  readonly tier: NodeTier
  readonly orders: number
  readonly units: number
}

export interface MarketCounts {
  readonly asks: readonly TierCount[]
  readonly bids: readonly TierCount[]
}

interface Tally {
  orders: number
  units: number
}

/** By tier. */
type Side = readonly [Tally, Tally]

interface Market {
  readonly ask: Side
  readonly bid: Side
}

/**
 * What is open, counted as orders come, change and go: nobody walks a book of a million orders for it. Asks count under
 * the rating of their node, bids under the lowest tier they take.
 */
export class OpenInterest {
  readonly #tierOf: (node: NodeKey) => NodeTier
  readonly #markets = new Map<BlockCount, Market>()
  /** Of accounts and nodes. */
  readonly #byKey = new Map<PubKey, { orders: number }>()

  constructor(tierOf: (node: NodeKey) => NodeTier) {
    this.#tierOf = tierOf
  }

  /** `before` is the record that was open until now, if there was one. */
  changed(before: OrderRecord | undefined, after: OrderRecord): void {
    if (before !== undefined) this.#count(before, -1)
    if (!isArchived(after.state)) this.#count(after, 1)
  }

  /** The orders of a start. */
  found(orders: StoredOrders): void {
    for (const place of orders.places()) this.#tally(orders.marksAt(place), orders.unitsAt(place), 1)
    for (const owner of orders.owners()) this.#addOwner(owner, owner.orders)
    for (const record of orders.others) this.#count(record, 1)
  }

  ordersOf(duration: BlockCount): number {
    const market = this.#markets.get(duration)
    return market === undefined ? 0 : [...market.ask, ...market.bid].reduce((sum, { orders }) => sum + orders, 0)
  }

  /** Open orders of an account or a node. */
  ordersWith(key: PubKey): number {
    return this.#byKey.get(key)?.orders ?? 0
  }

  countsOf(duration: BlockCount): MarketCounts {
    const market = this.#markets.get(duration)
    return market === undefined ? { asks: [], bids: [] } : { asks: counts(market.ask), bids: counts(market.bid) }
  }

  #count({ order, unitsUnfulfilled }: OrderRecord, sign: 1 | -1): void {
    this.#tally(order, unitsUnfulfilled, sign)
    this.#addOwner(order, sign)
  }

  #tally(order: OrderMarks, units: SupplyUnits, sign: 1 | -1): void {
    const tally = this.#marketOf(order.leaseDuration)[order.kind][this.#tier(order)]
    tally.orders += sign
    tally.units += sign * units
  }

  #addOwner({ accountKey, nodeKey }: Pick<OrderOwner, 'accountKey' | 'nodeKey'>, orders: number): void {
    this.#add(accountKey, orders)
    if (nodeKey !== (accountKey as PubKey)) this.#add(nodeKey, orders)
  }

  #add(key: PubKey, orders: number): void {
    const known = this.#byKey.get(key)
    if (known === undefined) this.#byKey.set(key, { orders })
    else if ((known.orders += orders) === 0) this.#byKey.delete(key)
  }

  #tier(order: OrderMarks): NodeTier {
    if (order.kind === 'ask') return this.#tierOf(order.nodeKey)
    return order.minNodeTier === 'tier0' ? 0 : 1
  }

  #marketOf(duration: BlockCount): Market {
    const known = this.#markets.get(duration)
    if (known !== undefined) return known
    const market: Market = { ask: [nothing(), nothing()], bid: [nothing(), nothing()] }
    this.#markets.set(duration, market)
    return market
  }
}

const nothing = (): Tally => ({ orders: 0, units: 0 })

const counts = (side: Side): readonly TierCount[] =>
  ([0, 1] as const).map((tier) => ({ tier, ...side[tier] })).filter(({ orders }) => orders > 0)
