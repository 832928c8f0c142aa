import {
  accountKey,
  batchKey,
  blockCount,
  blockHeight,
  nodeKey,
  orderNonce,
  pubKey,
  satoshi,
  satPerKWeight,
} from '@tidepool/crypto'
import { batchVersion, ratePpb, supplyUnits } from '@tidepool/market'
import type {
  AccountDiff,
  AccountEndingState,
  BatchProposal,
  CounterpartOrder,
  OrderVersion,
  ProposedMatch,
} from '@tidepool/market'
import { ANNOUNCEMENTS, AUCTION_TYPES, CHANNEL_TYPES, CONFIRMATIONS, TIERS, at, unsignedTx } from './verifyCase.ts'

/** A message that says two things at once; the wire layer refuses it before any rule sees it. */
export class AmbiguousMessage extends Error {}

interface Json {
  readonly [field: string]: unknown
}

const ENDING_STATES: Readonly<Record<string, AccountEndingState>> = {
  OUTPUT_RECREATED: 'recreated',
  OUTPUT_DUST_EXTENDED_OFFCHAIN: 'dustExtendedOffchain',
  OUTPUT_DUST_ADDED_TO_FEES: 'dustAddedToFees',
  OUTPUT_FULLY_SPENT: 'fullySpent',
}
const AUCTION_TYPE_NAMES = ['AUCTION_TYPE_BTC_INBOUND_LIQUIDITY', 'AUCTION_TYPE_BTC_OUTBOUND_LIQUIDITY']
const CHANNEL_TYPE_NAMES = [
  'ORDER_CHANNEL_TYPE_PEER_DEPENDENT',
  'ORDER_CHANNEL_TYPE_SCRIPT_ENFORCED',
  'ORDER_CHANNEL_TYPE_SIMPLE_TAPROOT',
]
const TIER_NAMES = ['TIER_DEFAULT', 'TIER_0', 'TIER_1']
const ANNOUNCEMENT_NAMES = ['ANNOUNCEMENT_NO_PREFERENCE', 'ONLY_ANNOUNCED', 'ONLY_UNANNOUNCED']
const CONFIRMATION_NAMES = ['CONFIRMATION_NO_PREFERENCE', 'ONLY_CONFIRMED', 'ONLY_ZEROCONF']

/**
 * `prepare_json` of a vector as a proposal. Looser than the wire layer on purpose: it lets through all that the domain
 * types can hold, so that the verifier itself meets every lie. @throws AmbiguousMessage
 */
export function proposalFromJson(json: unknown): BatchProposal {
  const message = json as Json
  const markets = Object.entries((message.matched_markets ?? {}) as Record<string, Json>)
  const fee = (message.execution_fee ?? {}) as Json
  return {
    batchId: batchKey(text(message.batch_id)),
    batchVersion: batchVersion(number(message.batch_version)),
    matches: markets.flatMap(([duration, market]) => matchesOf(Number(duration), market)),
    clearingPrices: new Map(
      markets.map(([duration, market]) => [blockCount(Number(duration)), ratePpb(number(market.clearing_price_rate))]),
    ),
    accountDiffs: list(message.charged_accounts).map(diff),
    executionFee: { baseFee: satoshi(big(fee.base_fee)), feeRatePpm: big(fee.fee_rate) },
    transaction: unsignedTx(text(message.batch_transaction)),
    feeRate: satPerKWeight(big(message.fee_rate_sat_per_kw)),
    heightHint: blockHeight(number(message.batch_height_hint)),
  }
}

function matchesOf(duration: number, market: Json): readonly ProposedMatch[] {
  const orders = Object.entries((market.matched_orders ?? {}) as Record<string, Json>)
  return orders.flatMap(([nonce, matched]) => {
    const own = orderNonce(nonce.toLowerCase())
    const asks = list(matched.matched_asks).map((entry) => match(own, duration, entry, 'ask'))
    const bids = list(matched.matched_bids).map((entry) => match(own, duration, entry, 'bid'))
    return [...asks, ...bids]
  })
}

function match(ownNonce: ProposedMatch['ownNonce'], duration: number, entry: Json, kind: 'ask' | 'bid'): ProposedMatch {
  const counterpart = counterpartOf(entry[kind] as Json, kind)
  if (counterpart.leaseDuration !== duration) throw new AmbiguousMessage('an order in the market of another duration')
  return { ownNonce, counterpart, units: supplyUnits(number(entry.units_filled)) }
}

function counterpartOf(order: Json, kind: 'ask' | 'bid'): CounterpartOrder {
  const details = order.details as Json
  const base = {
    nonce: orderNonce(text(details.order_nonce)),
    version: number(order.version) as OrderVersion,
    auctionType: named(AUCTION_TYPES, AUCTION_TYPE_NAMES, details.auction_type),
    rate: ratePpb(number(details.rate_fixed)),
    amount: satoshi(big(details.amt)),
    minUnitsMatch: supplyUnits(Number(big(details.min_chan_amt) / 100_000n)),
    leaseDuration: blockCount(number(order.lease_duration_blocks)),
    maxBatchFeeRate: satPerKWeight(big(details.max_batch_fee_rate_sat_per_kw)),
    channelType: named(CHANNEL_TYPES, CHANNEL_TYPE_NAMES, details.channel_type),
    multiSigKey: pubKey(text(details.multi_sig_key)),
    nodeKey: nodeKey(text(details.node_pub)),
    nodeAddresses: list(details.node_addr).map((address) => ({ network: 'tcp' as const, addr: text(address.addr) })),
  }
  if (kind === 'ask') {
    return {
      ...base,
      kind,
      announcement: named(ANNOUNCEMENTS, ANNOUNCEMENT_NAMES, order.announcement_constraints),
      confirmation: named(CONFIRMATIONS, CONFIRMATION_NAMES, order.confirmation_constraints),
    }
  }
  return {
    ...base,
    kind,
    minNodeTier: named(TIERS, TIER_NAMES, order.min_node_tier),
    selfChannelBalance: satoshi(big(order.self_chan_balance)),
    isSidecar: order.is_sidecar_channel === true,
    unannounced: order.unannounced_channel === true,
    zeroConf: order.zero_conf_channel === true,
  }
}

function diff(entry: Json): AccountDiff {
  const state = entry.ending_state ?? 'OUTPUT_RECREATED'
  const endingState = typeof state === 'string' ? ENDING_STATES[state] : undefined
  if (endingState === undefined) throw new AmbiguousMessage('an unknown ending state')
  return {
    accountKey: accountKey(text(entry.trader_key)),
    endingBalance: big(entry.ending_balance),
    endingState,
    outpointIndex: number(entry.outpoint_index),
    newExpiry: number(entry.new_expiry),
    newVersion: number(entry.new_version),
  }
}

const list = (value: unknown): readonly Json[] => (value ?? []) as readonly Json[]
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number => Number(value ?? 0)
const big = (value: unknown): bigint => BigInt((value ?? 0) as string | number)

/** An enum name to our word for it; absent means the first, and so does a name of no table. */
function named<T>(words: readonly T[], names: readonly string[], value: unknown): T {
  return at(words, Math.max(0, names.indexOf(text(value))))
}
