import {
  blockCount,
  nodeKey,
  satoshi,
  satPerKWeight,
  type BlockCount,
  type NodeKey,
  type SatPerKWeight,
} from '@tidepool/crypto'
import type { BucketState, FeeSchedule, NodeTier } from '@tidepool/market'
import type { poolrpc } from '../gen/packages.ts'
import { badField, inField, named } from './errors.ts'
import { tierToWire } from './orderEnums.ts'
import { feeScheduleFromWire, feeScheduleToWire, keyToWire } from './primitives.ts'

const BUCKET_FROM_WIRE = {
  NO_MARKET: 'noMarket',
  MARKET_CLOSED: 'closed',
  ACCEPTING_ORDERS: 'acceptingOrders',
  MARKET_OPEN: 'open',
} as const satisfies Record<poolrpc.DurationBucketState, BucketState>

const BUCKET_TO_WIRE = {
  noMarket: 'NO_MARKET',
  closed: 'MARKET_CLOSED',
  acceptingOrders: 'ACCEPTING_ORDERS',
  open: 'MARKET_OPEN',
} as const satisfies Record<BucketState, poolrpc.DurationBucketState>

/** What an auctioneer asks and offers right now. */
export interface AuctionTerms {
  /** Positive: confirmations are counted as a part of it. */
  readonly maxAccountValue: bigint
  readonly executionFee: FeeSchedule
  readonly buckets: ReadonlyMap<BlockCount, BucketState>
  readonly nextBatchConfTarget: number
  readonly nextBatchFeeRate: SatPerKWeight
  /** Unix seconds. */
  readonly nextBatchClearAt: number
  readonly autoRenewExtension: BlockCount
}

/** States by duration; those a newer auctioneer may add read as closed. */
const bucketsFromWire = (buckets: ReadonlyMap<number, string>): ReadonlyMap<BlockCount, BucketState> => {
  const table: Readonly<Record<string, BucketState>> = BUCKET_FROM_WIRE
  return new Map([...buckets].map(([duration, state]) => [blockCount(duration), table[state] ?? 'closed']))
}

const bucketsToWire = (
  buckets: ReadonlyMap<BlockCount, BucketState>,
): ReadonlyMap<number, poolrpc.DurationBucketState> =>
  new Map([...buckets].map(([duration, state]) => [duration, BUCKET_TO_WIRE[state]]))

/** The older form of the buckets: whether orders are accepted. */
const legacyDurations = (buckets: ReadonlyMap<BlockCount, BucketState>): ReadonlyMap<number, boolean> =>
  new Map([...buckets].map(([duration, state]) => [duration, state === 'acceptingOrders' || state === 'open']))

/** @throws ConvertError BAD_FIELD */
export function termsFromWire(terms: poolrpc.TermsResponse): AuctionTerms {
  if (terms.maxAccountValue === 0n) throw badField('max_account_value', 'must be positive')
  return {
    maxAccountValue: inField('max_account_value', () => satoshi(terms.maxAccountValue)),
    executionFee: feeScheduleFromWire(terms.executionFee),
    buckets: bucketsFromWire(terms.leaseDurationBuckets),
    nextBatchConfTarget: terms.nextBatchConfTarget,
    nextBatchFeeRate: inField('next_batch_fee_rate_sat_per_kw', () => satPerKWeight(terms.nextBatchFeeRateSatPerKw)),
    nextBatchClearAt: Number(terms.nextBatchClearTimestamp),
    autoRenewExtension: blockCount(terms.autoRenewExtensionBlocks),
  }
}

/** With the deprecated fields, which old clients read. */
export const termsToWire = (terms: AuctionTerms): poolrpc.TermsResponseInit => ({
  maxAccountValue: terms.maxAccountValue,
  maxOrderDurationBlocks: Math.max(0, ...terms.buckets.keys()),
  executionFee: feeScheduleToWire(terms.executionFee),
  leaseDurations: legacyDurations(terms.buckets),
  nextBatchConfTarget: terms.nextBatchConfTarget,
  nextBatchFeeRateSatPerKw: terms.nextBatchFeeRate,
  nextBatchClearTimestamp: BigInt(terms.nextBatchClearAt),
  leaseDurationBuckets: bucketsToWire(terms.buckets),
  autoRenewExtensionBlocks: terms.autoRenewExtension,
})

/** A node's rating. */
export interface NodeTierEntry {
  readonly node: NodeKey
  readonly tier: NodeTier
}

const TIER_FROM_WIRE = { TIER_0: 0, TIER_1: 1 } as const satisfies Partial<Record<poolrpc.NodeTier, NodeTier>>

/** @throws ConvertError BAD_FIELD */
export const nodeRatingFromWire = (rating: poolrpc.NodeRating): NodeTierEntry => ({
  node: inField('node_pubkey', () => nodeKey(rating.nodePubkey)),
  tier: named<NodeTier>('node_tier', TIER_FROM_WIRE, rating.nodeTier),
})

export const nodeRatingToWire = ({ node, tier }: NodeTierEntry): poolrpc.NodeRatingInit => ({
  nodePubkey: keyToWire(node),
  nodeTier: tierToWire(tier),
})

/** @throws ConvertError BAD_FIELD */
export const nodeKeysFromWire = (keys: readonly Uint8Array[], field = 'node_pubkeys'): readonly NodeKey[] =>
  keys.map((key, index) => inField(`${field}[${index}]`, () => nodeKey(key)))

/** Open orders of one side and tier. */
export interface TierCount {
  readonly tier: NodeTier
  readonly orders: number
  readonly units: number
}

/** Open orders of one duration. */
export interface MarketCounts {
  readonly asks: readonly TierCount[]
  readonly bids: readonly TierCount[]
}

const tierValues = (counts: readonly TierCount[], value: (count: TierCount) => number) =>
  counts.map((count) => ({ tier: tierToWire(count.tier), value: value(count) }))

export const marketInfoToWire = (markets: ReadonlyMap<BlockCount, MarketCounts>): poolrpc.MarketInfoResponseInit => ({
  markets: new Map(
    [...markets].map(([duration, { asks, bids }]) => [
      duration,
      {
        numAsks: tierValues(asks, (count) => count.orders),
        numBids: tierValues(bids, (count) => count.orders),
        askOpenInterestUnits: tierValues(asks, (count) => count.units),
        bidOpenInterestUnits: tierValues(bids, (count) => count.units),
      },
    ]),
  ),
})
