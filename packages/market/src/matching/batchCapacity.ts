import {
  INPUT_SIZE,
  OUTPUT_SIZE,
  WITNESS_SIZE,
  cooperativeWitnessSize,
  type AccountKey,
  type NodeKey,
} from '@tidepool/crypto'
import type { Match, MatchContext } from './types.ts'

/** Frame with counts of up to three bytes, the auctioneer's input and output. */
const FIXED_WEIGHT = 4 * (8 + 3 + 3 + INPUT_SIZE + OUTPUT_SIZE.p2wsh) + 2 + WITNESS_SIZE.masterAccount
const CHANNEL_WEIGHT = 4 * OUTPUT_SIZE.p2wsh

export type Verdict = 'kept' | 'batchFull' | 'nodeChannelLimit'

/**
 * Room of a batch. Takes matches in the order they are offered while the transaction may grow; the first that does not
 * fit closes it. A match that gives a node too many pending channels is refused alone (matching §4.6).
 */
export class BatchRoom {
  readonly #context: MatchContext
  readonly #channels: Map<NodeKey, number>
  readonly #accounts = new Set<AccountKey>()
  #weight = FIXED_WEIGHT
  #isFull = false

  constructor(context: MatchContext) {
    this.#context = context
    this.#channels = new Map<NodeKey, number>(context.pendingChannels)
  }

  /** Whether nothing more will be kept. */
  get isFull(): boolean {
    return this.#isFull
  }

  offer({ ask, bid }: Match): Verdict {
    const { maxWeight, maxNodeChannels } = this.#context.rules
    const nodes = [ask.order.nodeKey, bid.order.nodeKey]
    const keys = [ask.order.accountKey, bid.order.accountKey].filter((key) => !this.#accounts.has(key))
    const grown = this.#weight + CHANNEL_WEIGHT + keys.reduce((sum, key) => sum + accountWeight(key, this.#context), 0)
    this.#isFull ||= grown > maxWeight
    if (this.#isFull) return 'batchFull'
    if (nodes.some((node) => (this.#channels.get(node) ?? 0) >= maxNodeChannels)) return 'nodeChannelLimit'
    this.#weight = grown
    for (const key of keys) this.#accounts.add(key)
    for (const node of nodes) this.#channels.set(node, (this.#channels.get(node) ?? 0) + 1)
    return 'kept'
  }
}

/** An account's input and recreated output. */
function accountWeight(key: AccountKey, context: MatchContext): number {
  const version = context.accounts.get(key)?.account.version ?? 0
  return 4 * (INPUT_SIZE + OUTPUT_SIZE.p2wsh) + cooperativeWitnessSize(version)
}
