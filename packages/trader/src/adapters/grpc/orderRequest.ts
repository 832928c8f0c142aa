import { accountKey, blockCount, nodeKey, orderNonce, satPerKWeight, satoshi } from '@tidepool/crypto'
import { nodeFilter, orderVersion, ratePpb, supplyUnits } from '@tidepool/market'
import {
  ANNOUNCEMENT_FROM_WIRE,
  AUCTION_TYPE_FROM_WIRE,
  CHANNEL_TYPE_FROM_WIRE,
  CONFIRMATION_FROM_WIRE,
} from '@tidepool/rpc'
import type { poolrpc } from '@tidepool/rpc'
import { invalid } from '../../core/errors.ts'
import type { OrderDraft } from '../../core/orderDraft.ts'

/** An order as the caller words it. @throws TraderError REQUEST_INVALID, OrderError, IdError, UnitsError */
export function draftFromWire(details: poolrpc.SubmitOrderRequest['details']): OrderDraft {
  if (details === undefined) throw invalid('details', 'an ask or a bid is needed')
  const order = details.value.details
  if (order === undefined) throw invalid('details', 'the order has no details')
  const common = commonFromWire(order, details.value.leaseDurationBlocks, details.value.version)
  return details.case === 'ask'
    ? { ...common, ...askFromWire(details.value) }
    : { ...common, ...bidFromWire(details.value) }
}

function commonFromWire(order: poolrpc.Order, leaseDuration: number, version: number) {
  return {
    ...(order.orderNonce.length > 0 && { nonce: orderNonce(order.orderNonce) }),
    version: orderVersion(version),
    accountKey: accountKey(order.traderKey),
    auctionType: known('auction_type', AUCTION_TYPE_FROM_WIRE, order.auctionType),
    rate: ratePpb(order.rateFixed),
    amount: satoshi(order.amt),
    minUnitsMatch: supplyUnits(order.minUnitsMatch),
    leaseDuration: blockCount(leaseDuration),
    maxBatchFeeRate: satPerKWeight(order.maxBatchFeeRateSatPerKw),
    channelType: known('channel_type', CHANNEL_TYPE_FROM_WIRE, order.channelType),
    nodeFilter: nodeFilter(order.allowedNodeIds.map(nodeKey), order.notAllowedNodeIds.map(nodeKey)),
    isPublic: order.isPublic,
  } as const
}

function askFromWire(ask: poolrpc.Ask) {
  return {
    kind: 'ask',
    announcement: known('announcement_constraints', ANNOUNCEMENT_FROM_WIRE, ask.announcementConstraints),
    confirmation: known('confirmation_constraints', CONFIRMATION_FROM_WIRE, ask.confirmationConstraints),
  } as const
}

function bidFromWire(bid: poolrpc.Bid) {
  if (bid.sidecarTicket !== '') throw invalid('sidecar_ticket', 'this daemon does not offer sidecar channels yet')
  return {
    kind: 'bid',
    minNodeTier: tierFromWire(bid.minNodeTier),
    selfChannelBalance: satoshi(bid.selfChanBalance),
    isSidecar: false,
    unannounced: bid.unannouncedChannel,
    zeroConf: bid.zeroConfChannel,
  } as const
}

/** An unnamed tier means tier 1, and that is what is signed. Pool order/rpc_parse.go */
function tierFromWire(tier: poolrpc.Bid['minNodeTier']): 'tier0' | 'tier1' {
  if (tier === 'TIER_0') return 'tier0'
  if (tier === 'TIER_1' || tier === 'TIER_DEFAULT') return 'tier1'
  throw invalid('min_node_tier', 'unknown tier')
}

function known<D>(field: string, table: Readonly<Record<string, D>>, name: string): D {
  const value = Object.hasOwn(table, name) ? table[name] : undefined
  if (value === undefined) throw invalid(field, 'unknown value')
  return value
}
