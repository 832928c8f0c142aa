import type { BlockCount, NodeKey } from '@tidepool/crypto'
import type { NodeTier } from '@tidepool/market'
import type { OrderRecord } from './records.ts'

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

/**
 * Open interest per duration. Asks count under the rating of their node, bids under the lowest tier they take.
 */
export function countMarkets(
  durations: readonly BlockCount[],
  open: readonly OrderRecord[],
  tierOf: (node: NodeKey) => NodeTier,
): ReadonlyMap<BlockCount, MarketCounts> {
  const markets = new Map<BlockCount, MarketCounts>()
  for (const duration of durations) {
    const here = open.filter(({ order }) => order.leaseDuration === duration)
    markets.set(duration, {
      asks: countTiers(
        here.filter(({ order }) => order.kind === 'ask'),
        tierOf,
      ),
      bids: countTiers(
        here.filter(({ order }) => order.kind === 'bid'),
        tierOf,
      ),
    })
  }
  return markets
}

function countTiers(records: readonly OrderRecord[], tierOf: (node: NodeKey) => NodeTier): readonly TierCount[] {
  const counts = new Map<NodeTier, TierCount>()
  for (const { order, unitsUnfulfilled } of records) {
    const tier = order.kind === 'ask' ? tierOf(order.nodeKey) : order.minNodeTier === 'tier0' ? 0 : 1
    const before = counts.get(tier) ?? { tier, orders: 0, units: 0 }
    counts.set(tier, { tier, orders: before.orders + 1, units: before.units + unitsUnfulfilled })
  }
  return [...counts.values()].toSorted((a, b) => a.tier - b.tier)
}
