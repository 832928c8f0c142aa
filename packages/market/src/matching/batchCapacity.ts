import {
  INPUT_SIZE,
  OUTPUT_SIZE,
  WITNESS_SIZE,
  cooperativeWitnessSize,
  type AccountKey,
  type NodeKey,
} from '@tidepool/crypto'
import type { Match, MatchContext } from './types.ts'

export interface Capacity {
  readonly kept: readonly Match[]
  readonly cut: ReadonlyMap<Match, 'batchFull' | 'nodeChannelLimit'>
}

/** Frame with counts of up to three bytes, the auctioneer's input and output. */
const FIXED_WEIGHT = 4 * (8 + 3 + 3 + INPUT_SIZE + OUTPUT_SIZE.p2wsh) + 2 + WITNESS_SIZE.masterAccount
const CHANNEL_WEIGHT = 4 * OUTPUT_SIZE.p2wsh

/**
 * Keeps matches in the given order while the transaction may grow; from the first that does not fit all others are cut.
 * A match that gives a node too many pending channels is cut alone (matching §4.6).
 */
export function cutToCapacity(matches: readonly Match[], context: MatchContext): Capacity {
  const kept: Match[] = []
  const cut = new Map<Match, 'batchFull' | 'nodeChannelLimit'>()
  const channels = new Map<NodeKey, number>(context.pendingChannels)
  const accounts = new Set<AccountKey>()
  let weight = FIXED_WEIGHT
  let full = false
  for (const match of matches) {
    const nodes = [match.ask.order.nodeKey, match.bid.order.nodeKey]
    const keys = [match.ask.order.accountKey, match.bid.order.accountKey].filter((key) => !accounts.has(key))
    const grown = weight + CHANNEL_WEIGHT + keys.reduce((sum, key) => sum + accountWeight(key, context), 0)
    full ||= grown > context.rules.maxWeight
    if (full) {
      cut.set(match, 'batchFull')
    } else if (nodes.some((node) => (channels.get(node) ?? 0) >= context.rules.maxNodeChannels)) {
      cut.set(match, 'nodeChannelLimit')
    } else {
      kept.push(match)
      weight = grown
      for (const key of keys) accounts.add(key)
      for (const node of nodes) channels.set(node, (channels.get(node) ?? 0) + 1)
    }
  }
  return { kept, cut }
}

/** An account's input and recreated output. */
function accountWeight(key: AccountKey, context: MatchContext): number {
  const version = context.accounts.get(key)?.account.version ?? 0
  return 4 * (INPUT_SIZE + OUTPUT_SIZE.p2wsh) + cooperativeWitnessSize(version)
}
