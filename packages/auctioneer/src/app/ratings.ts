import type { NodeKey } from '@tidepool/crypto'
import type { NodeTier } from '@tidepool/market'

/** Node ratings: what the operator's file says, and one tier for everyone else. */
export class NodeRatings {
  readonly tiers: ReadonlyMap<NodeKey, NodeTier>
  readonly defaultTier: NodeTier

  constructor(tiers: ReadonlyMap<NodeKey, NodeTier>, defaultTier: NodeTier) {
    this.tiers = tiers
    this.defaultTier = defaultTier
  }

  tierOf(node: NodeKey): NodeTier {
    return this.tiers.get(node) ?? this.defaultTier
  }
}
