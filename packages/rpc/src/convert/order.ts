import { accountKey, blockCount, fromHex, nodeKey, orderNonce, pubKey, satoshi, satPerKWeight } from '@tidepool/crypto'
import {
  OrderError,
  minUnitsFromAmount,
  nodeFilter,
  orderVersion,
  ratePpb,
  unitsToSat,
  type Ask,
  type Bid,
  type CounterpartAsk,
  type CounterpartBid,
  type NodeFilter,
  type Order,
  type OrderBase,
} from '@tidepool/market'
import type { poolrpc } from '../gen/packages.ts'
import { badField, inField, named, required } from './errors.ts'
import {
  ANNOUNCEMENT_FROM_WIRE,
  ANNOUNCEMENT_TO_WIRE,
  AUCTION_TYPE_FROM_WIRE,
  AUCTION_TYPE_TO_WIRE,
  CHANNEL_TYPE_FROM_WIRE,
  CHANNEL_TYPE_TO_WIRE,
  CONFIRMATION_FROM_WIRE,
  CONFIRMATION_TO_WIRE,
  MIN_TIER_FROM_WIRE,
  MIN_TIER_TO_WIRE,
} from './orderEnums.ts'
import { keyToWire, nodeAddressFromWire, nodeAddressToWire } from './primitives.ts'

/** What a version and a duration are read from: they stand beside the shared details. */
type Outer = Pick<poolrpc.ServerAsk, 'leaseDurationBlocks' | 'version'>

const outerFromWire = (outer: Outer): Pick<OrderBase, 'version' | 'leaseDuration'> => ({
  version: inField('version', () => orderVersion(outer.version)),
  leaseDuration: inField('lease_duration_blocks', () => blockCount(outer.leaseDurationBlocks)),
})

function detailsFromWire(details: poolrpc.ServerOrder): Omit<OrderBase, 'version' | 'leaseDuration'> {
  return {
    nonce: inField('order_nonce', () => orderNonce(details.orderNonce)),
    auctionType: named('auction_type', AUCTION_TYPE_FROM_WIRE, details.auctionType),
    rate: inField('rate_fixed', () => ratePpb(details.rateFixed)),
    amount: inField('amt', () => satoshi(details.amt)),
    minUnitsMatch: inField('min_chan_amt', () => minUnitsFromAmount(details.minChanAmt)),
    maxBatchFeeRate: inField('max_batch_fee_rate_sat_per_kw', () => satPerKWeight(details.maxBatchFeeRateSatPerKw)),
    channelType: named('channel_type', CHANNEL_TYPE_FROM_WIRE, details.channelType),
    multiSigKey: inField('multi_sig_key', () => pubKey(details.multiSigKey, 'funding key')),
    nodeKey: inField('node_pub', () => nodeKey(details.nodePub)),
    nodeAddresses: details.nodeAddr.map((address, index) =>
      inField(`node_addr[${index}]`, () => nodeAddressFromWire(address)),
    ),
  }
}

const baseFromWire = (details: poolrpc.ServerOrder, outer: Outer): OrderBase => ({
  ...inField('details', () => detailsFromWire(details)),
  ...outerFromWire(outer),
})

const askFieldsFromWire = (ask: poolrpc.ServerAsk): Pick<Ask, 'kind' | 'announcement' | 'confirmation'> => ({
  kind: 'ask',
  announcement: named('announcement_constraints', ANNOUNCEMENT_FROM_WIRE, ask.announcementConstraints),
  confirmation: named('confirmation_constraints', CONFIRMATION_FROM_WIRE, ask.confirmationConstraints),
})

type BidFields = Pick<Bid, 'kind' | 'selfChannelBalance' | 'isSidecar' | 'unannounced' | 'zeroConf'>

const bidFieldsFromWire = (bid: poolrpc.ServerBid): BidFields => ({
  kind: 'bid',
  selfChannelBalance: inField('self_chan_balance', () => satoshi(bid.selfChanBalance)),
  isSidecar: bid.isSidecarChannel,
  unannounced: bid.unannouncedChannel,
  zeroConf: bid.zeroConfChannel,
})

/** A matched ask. @throws ConvertError BAD_FIELD */
export function counterpartAskFromWire(ask: poolrpc.ServerAsk): CounterpartAsk {
  const details = required('details', ask.details)
  if (details.nodeAddr.length === 0) throw badField('details.node_addr', 'an ask needs an address')
  return { ...baseFromWire(details, ask), ...askFieldsFromWire(ask) }
}

/** A matched bid. The tier it asked for concerns the asker no more, so one we do not know is no fault. */
export function counterpartBidFromWire(bid: poolrpc.ServerBid): CounterpartBid {
  const details = required('details', bid.details)
  const tiers: Readonly<Record<string, Bid['minNodeTier']>> = MIN_TIER_FROM_WIRE
  const minNodeTier = tiers[bid.minNodeTier] ?? 'default'
  return { ...baseFromWire(details, bid), ...bidFieldsFromWire(bid), minNodeTier }
}

/** Points are dear to parse; a list this long names a good part of the network. */
const MAX_NODE_IDS = 1000

function nodeFilterFromWire(details: poolrpc.ServerOrder): NodeFilter {
  const length = details.allowedNodeIds.length + details.notAllowedNodeIds.length
  if (length > MAX_NODE_IDS) {
    const limit = `${MAX_NODE_IDS} node ids per order`
    throw new OrderError({ code: 'ORDER_LIMIT_REACHED', limit }, `an order names at most ${MAX_NODE_IDS} nodes`)
  }
  const parse = (field: string, keys: readonly Uint8Array[]) =>
    keys.map((key, index) => inField(`${field}[${index}]`, () => nodeKey(key)))
  const allow = parse('allowed_node_ids', details.allowedNodeIds)
  const deny = parse('not_allowed_node_ids', details.notAllowedNodeIds)
  return inField('not_allowed_node_ids', () => nodeFilter(allow, deny))
}

const ownerFieldsFromWire = (details: poolrpc.ServerOrder) => ({
  accountKey: inField('trader_key', () => accountKey(details.traderKey)),
  nodeFilter: nodeFilterFromWire(details),
  isPublic: details.isPublic,
})

export interface SubmittedOrder {
  readonly order: Order
  /** DER, by the account key over the order's digest; not checked yet. */
  readonly signature: Uint8Array
  readonly userAgent: string
}

/** A submitted order, whose rules are not checked yet. @throws ConvertError BAD_FIELD */
export function orderFromWire(request: poolrpc.ServerSubmitOrderRequest): SubmittedOrder {
  const { case: kind, value } = required('details', request.details)
  return inField(kind, () => {
    const details = required('details', value.details)
    const base = baseFromWire(details, value)
    const owner = inField('details', () => ownerFieldsFromWire(details))
    const { orderSig: signature } = details
    if (request.details?.case === 'ask') {
      const order: Ask = { ...base, ...owner, ...askFieldsFromWire(request.details.value) }
      return { order, signature, userAgent: request.userAgent }
    }
    const bid = value as poolrpc.ServerBid
    const minNodeTier = named('min_node_tier', MIN_TIER_FROM_WIRE, bid.minNodeTier)
    const order: Bid = { ...base, ...owner, ...bidFieldsFromWire(bid), minNodeTier }
    return { order, signature, userAgent: request.userAgent }
  })
}

function detailsToWire(order: OrderBase): poolrpc.ServerOrderInit {
  return {
    rateFixed: order.rate,
    amt: order.amount,
    minChanAmt: unitsToSat(order.minUnitsMatch),
    orderNonce: fromHex(order.nonce),
    multiSigKey: keyToWire(order.multiSigKey),
    nodePub: keyToWire(order.nodeKey),
    nodeAddr: order.nodeAddresses.map(nodeAddressToWire),
    channelType: CHANNEL_TYPE_TO_WIRE[order.channelType],
    maxBatchFeeRateSatPerKw: order.maxBatchFeeRate,
    auctionType: AUCTION_TYPE_TO_WIRE[order.auctionType],
  }
}

function askToWire(ask: CounterpartAsk, details: poolrpc.ServerOrderInit): poolrpc.ServerAskInit {
  return {
    details,
    leaseDurationBlocks: ask.leaseDuration,
    version: ask.version,
    announcementConstraints: ANNOUNCEMENT_TO_WIRE[ask.announcement],
    confirmationConstraints: CONFIRMATION_TO_WIRE[ask.confirmation],
  }
}

function bidToWire(bid: CounterpartBid, details: poolrpc.ServerOrderInit): poolrpc.ServerBidInit {
  return {
    details,
    leaseDurationBlocks: bid.leaseDuration,
    version: bid.version,
    minNodeTier: MIN_TIER_TO_WIRE[bid.minNodeTier],
    selfChanBalance: bid.selfChannelBalance,
    isSidecarChannel: bid.isSidecar,
    unannouncedChannel: bid.unannounced,
    zeroConfChannel: bid.zeroConf,
  }
}

/** Without account, signature, node lists and listing: what a stranger need not know. */
export const counterpartAskToWire = (ask: CounterpartAsk): poolrpc.ServerAskInit => askToWire(ask, detailsToWire(ask))
export const counterpartBidToWire = (bid: CounterpartBid): poolrpc.ServerBidInit => bidToWire(bid, detailsToWire(bid))

export function orderToWire(order: Order, signature: Uint8Array, userAgent = ''): poolrpc.ServerSubmitOrderRequestInit {
  const { nodeFilter } = order
  const details: poolrpc.ServerOrderInit = {
    ...detailsToWire(order),
    traderKey: keyToWire(order.accountKey),
    orderSig: signature,
    allowedNodeIds: nodeFilter.kind === 'allow' ? nodeFilter.nodes.map(keyToWire) : [],
    notAllowedNodeIds: nodeFilter.kind === 'deny' ? nodeFilter.nodes.map(keyToWire) : [],
    isPublic: order.isPublic,
  }
  if (order.kind === 'ask') return { details: { case: 'ask', value: askToWire(order, details) }, userAgent }
  return { details: { case: 'bid', value: bidToWire(order, details) }, userAgent }
}
