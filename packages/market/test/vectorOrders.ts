import { accountKey, blockCount, nodeKey, orderNonce, pubKey, satPerKWeight, satoshi } from '@tidepool/crypto'
import type { Ask, AuctionType, Bid, ChannelType, MinNodeTier, Order, OrderVersion } from '../src/order.ts'
import { nodeFilter } from '../src/channelRules.ts'
import { ratePpb, supplyUnits } from '../src/supplyUnit.ts'

/** Numbers of the order vectors, in their order. */
export const AUCTION_TYPES = ['inbound', 'outbound'] as const satisfies readonly AuctionType[]
export const CHANNEL_TYPES = [
  'peerDependent',
  'scriptEnforced',
  'simpleTaproot',
] as const satisfies readonly ChannelType[]
export const ANNOUNCEMENTS = ['none', 'onlyAnnounced', 'onlyUnannounced'] as const
export const CONFIRMATIONS = ['none', 'onlyConfirmed', 'onlyZeroConf'] as const
export const TIERS = ['default', 'tier0', 'tier1'] as const satisfies readonly MinNodeTier[]

/** An order of order-digests.json. */
export interface OrderVector {
  readonly type: 'ask' | 'bid'
  readonly preimage: string
  readonly nonce: string
  readonly version: number
  readonly fixed_rate: number
  readonly amt: number | string
  readonly min_units_match: number
  readonly lease_duration: number
  readonly max_batch_fee_rate: number | string
  readonly channel_type: number
  readonly auction_type: number
  readonly is_public: boolean
  readonly allowed_node_ids: readonly string[]
  readonly not_allowed_node_ids: readonly string[]
  readonly announcement_constraints: number
  readonly confirmation_constraints: number
  readonly min_node_tier: number
  readonly self_chan_balance: number | string
  readonly is_sidecar: boolean
  readonly unannounced_channel: boolean
  readonly zero_conf_channel: boolean
}

/** No digest covers keys, and some of the vectors' are no points. */
const KEY = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'

export function orderFromVector(vector: OrderVector, version: OrderVersion): Order {
  const owner = accountKey(KEY)
  const base = {
    nonce: orderNonce(vector.nonce),
    version,
    auctionType: pick(AUCTION_TYPES, vector.auction_type),
    rate: ratePpb(vector.fixed_rate),
    amount: satoshi(BigInt(vector.amt)),
    minUnitsMatch: supplyUnits(vector.min_units_match),
    leaseDuration: blockCount(vector.lease_duration),
    maxBatchFeeRate: satPerKWeight(BigInt(vector.max_batch_fee_rate)),
    channelType: pick(CHANNEL_TYPES, vector.channel_type),
    multiSigKey: pubKey(owner),
    nodeKey: nodeKey(owner),
    nodeAddresses: [],
    accountKey: owner,
    nodeFilter: nodeFilter(
      vector.allowed_node_ids.slice(0, 1).map(() => nodeKey(KEY)),
      [],
    ),
    isPublic: vector.is_public,
  }
  return vector.type === 'ask' ? askFrom(base, vector) : bidFrom(base, vector)
}

type Shared = Omit<Ask, 'kind' | 'announcement' | 'confirmation'>

const askFrom = (base: Shared, vector: OrderVector): Ask => ({
  ...base,
  kind: 'ask',
  announcement: pick(ANNOUNCEMENTS, vector.announcement_constraints),
  confirmation: pick(CONFIRMATIONS, vector.confirmation_constraints),
})

const bidFrom = (base: Shared, vector: OrderVector): Bid => ({
  ...base,
  kind: 'bid',
  minNodeTier: TIERS[vector.min_node_tier] ?? 'default',
  selfChannelBalance: satoshi(BigInt(vector.self_chan_balance)),
  isSidecar: vector.is_sidecar,
  unannounced: vector.unannounced_channel,
  zeroConf: vector.zero_conf_channel,
})

export function pick<T>(values: readonly T[], index: number): T {
  const value = values[index]
  if (value === undefined) throw new Error(`vector uses the unknown number ${index}`)
  return value
}
