import type { BlockCount, BlockHeight } from '@tidepool/crypto'
import type { AccountVersion } from './account.ts'
import type { BatchVersion } from './batch.ts'
import { supportsZeroConf } from './batchVersion.ts'
import { FEE_RATE_FLOOR } from './chainFee.ts'
import type { FeeSchedule } from './feeSchedule.ts'
import { nodeAddress } from './nodeAddress.ts'
import { isZeroNonce } from './nonce.ts'
import type { Bid, Order, OrderVersion } from './order.ts'
import { OrderError, type OrderErrorDetail, type VersionedFeature } from './orderErrors.ts'
import { reservedValue } from './reservedValue.ts'
import { UNIT_SAT, unitsOf } from './supplyUnit.ts'

/** A duration's market: none, closed, taking orders without clearing, or open. */
export type BucketState = 'noMarket' | 'closed' | 'acceptingOrders' | 'open'

/** The duration of the first market; the only one for orders below version 2. */
export const LEGACY_DURATION = 2016
/** Largest channel a node opens without the wumbo feature. */
export const MAX_CHANNEL_WITHOUT_WUMBO = 16_777_215n
export const LATEST_ORDER_VERSION: OrderVersion = 5

/** The account that backs an order. */
export interface OrderAccount {
  readonly value: bigint
  readonly version: AccountVersion
  readonly expiry: BlockHeight
  /** For the message only. */
  readonly state: string
  /** Open, or waiting for an update or batch to confirm. */
  readonly acceptsOrders: boolean
}

export interface OrderContext {
  readonly buckets: ReadonlyMap<BlockCount, BucketState>
  /** As announced by, or in force for, the trader. */
  readonly batchVersion: BatchVersion
  readonly bestHeight: BlockHeight
  readonly account: OrderAccount
  /** Sum of `reservedValue` over the account's other orders. */
  readonly reserved: bigint
  readonly terms: FeeSchedule
}

/** Every rule both sides check, in the auctioneer's order. @throws OrderError */
export function validateOrder(order: Order, context: OrderContext): void {
  checkOrderFields(order)
  checkOrderMarket(order, context)
  checkOrderIdentity(order)
  checkOrderAccount(context.account, context.bestHeight)
  checkOrderFunds(order, context)
}

/** @throws OrderError ORDER_VERSION_UNKNOWN */
export function orderVersion(value: number): OrderVersion {
  if (value === 0 || value === 1 || value === 2 || value === 3 || value === 4 || value === 5) return value
  throw refuse({ code: 'ORDER_VERSION_UNKNOWN', version: value }, `unknown version ${value}`)
}

/** From the wire's minimum channel amount. @throws OrderError ORDER_MIN_AMOUNT_NOT_UNITS */
export function minUnitsFromAmount(amount: bigint): ReturnType<typeof unitsOf> {
  if (amount % UNIT_SAT !== 0n) {
    throw refuse({ code: 'ORDER_MIN_AMOUNT_NOT_UNITS', amount: String(amount) }, `${amount} sat: use whole units`)
  }
  return unitsOf(amount)
}

/** What an order says of itself: version gates, sizes, self channel balance, sidecar. @throws OrderError */
export function checkOrderFields(order: Order): void {
  checkVersionGates(order)
  checkSizes(order)
  if (order.kind === 'bid') {
    checkSelfBalance(order)
    checkSidecar(order)
  }
}

function checkVersionGates(order: Order): void {
  const { version } = order
  if (order.leaseDuration !== LEGACY_DURATION) requireVersion('leaseDuration', version, 2)
  if (order.kind === 'bid' && order.selfChannelBalance > 0n) requireVersion('selfChannelBalance', version, 3)
  if (order.kind === 'bid' && order.isSidecar) requireVersion('sidecar', version, 4)
  if (order.channelType !== 'peerDependent') requireVersion('channelType', version, 5)
}

function requireVersion(feature: VersionedFeature, version: OrderVersion, needed: OrderVersion): void {
  if (version >= needed) return
  throw refuse(
    { code: 'ORDER_VERSION_TOO_LOW', feature, version, needed },
    `${feature} needs order version ${needed}, not ${version}`,
  )
}

function checkSizes(order: Order): void {
  if (order.amount === 0n || order.amount % UNIT_SAT !== 0n) {
    throw refuse(
      { code: 'ORDER_AMOUNT_NOT_UNITS', amount: String(order.amount) },
      `amount ${order.amount} sat: use a positive multiple of ${UNIT_SAT}`,
    )
  }
  const units = unitsOf(order.amount)
  const minUnits = order.minUnitsMatch
  if (minUnits === 0) throw refuse({ code: 'ORDER_MIN_UNITS_ZERO' }, 'minimum units: at least 1')
  if (order.auctionType === 'inbound') {
    if (minUnits <= units) return
    throw refuse(
      { code: 'ORDER_MIN_UNITS_ABOVE_UNITS', minUnits, units },
      `minimum of ${minUnits} units: the order has ${units}`,
    )
  }
  if (units !== 1) {
    throw refuse({ code: 'ORDER_OUTBOUND_NOT_ONE_UNIT', units }, `outbound orders are for exactly ${UNIT_SAT} sat`)
  }
  if (order.kind === 'bid' && minUnits !== 1) {
    throw refuse({ code: 'ORDER_OUTBOUND_MIN_UNITS', minUnits }, 'the minimum of an outbound bid is 1 unit')
  }
}

function checkSelfBalance(bid: Bid): void {
  const balance = bid.selfChannelBalance
  if (bid.auctionType === 'outbound') {
    if (balance > 0n && balance % UNIT_SAT === 0n) return
    throw refuse(
      { code: 'ORDER_OUTBOUND_SELF_BALANCE', balance: String(balance) },
      `self channel balance of an outbound bid: a positive multiple of ${UNIT_SAT} sat`,
    )
  }
  if (balance === 0n) return
  const units = unitsOf(bid.amount)
  if (balance > bid.amount) {
    throw refuse(
      { code: 'ORDER_SELF_BALANCE_TOO_HIGH', balance: String(balance), max: String(bid.amount) },
      `self channel balance ${balance} sat: at most the amount, ${bid.amount}`,
    )
  }
  if (bid.minUnitsMatch !== units) {
    throw refuse(
      { code: 'ORDER_SELF_BALANCE_NOT_WHOLE', minUnits: bid.minUnitsMatch, units },
      `with self channel balance the minimum must be all ${units} units`,
    )
  }
}

function checkSidecar(bid: Bid): void {
  if (!bid.isSidecar) return
  if (bid.auctionType === 'outbound') throw refuse({ code: 'ORDER_SIDECAR_OUTBOUND' }, 'sidecar bids are inbound only')
  const units = unitsOf(bid.amount)
  if (bid.minUnitsMatch !== units) {
    throw refuse(
      { code: 'ORDER_SIDECAR_NOT_WHOLE', minUnits: bid.minUnitsMatch, units },
      `for a sidecar channel the minimum must be all ${units} units`,
    )
  }
}

/** What the market allows: duration, rate, fee rate, channel type. @throws OrderError */
export function checkOrderMarket(order: Order, market: Pick<OrderContext, 'buckets' | 'batchVersion'>): void {
  const duration = order.leaseDuration
  const bucket = market.buckets.get(duration) ?? 'noMarket'
  if (bucket === 'noMarket') {
    throw refuse({ code: 'ORDER_DURATION_UNKNOWN', duration }, `no market for leases of ${duration} blocks`)
  }
  if (bucket === 'closed') {
    throw refuse({ code: 'ORDER_DURATION_CLOSED', duration }, `the market for leases of ${duration} blocks is closed`)
  }
  if (order.rate === 0) throw refuse({ code: 'ORDER_RATE_ZERO' }, 'rate: at least 1 part per billion')
  if (order.maxBatchFeeRate < FEE_RATE_FLOOR) {
    throw refuse(
      { code: 'ORDER_FEE_RATE_TOO_LOW', feeRate: String(order.maxBatchFeeRate), min: String(FEE_RATE_FLOOR) },
      `maximum batch fee rate ${order.maxBatchFeeRate} sat/kw: at least ${FEE_RATE_FLOOR}`,
    )
  }
  checkChannelWishes(order, market.batchVersion)
}

function checkChannelWishes(order: Order, version: BatchVersion): void {
  if (order.kind === 'bid' ? order.zeroConf : order.confirmation === 'onlyZeroConf') {
    if (!supportsZeroConf(version)) {
      throw refuse(
        { code: 'ORDER_BATCH_VERSION_UNSUPPORTED', feature: 'zeroConf', batchVersion: version },
        'zero-conf channels are not supported by the node',
      )
    }
    if (order.channelType === 'peerDependent') {
      throw refuse({ code: 'ORDER_ZERO_CONF_CHANNEL_TYPE' }, 'zero-conf channels need a channel type')
    }
  }
  if (order.channelType !== 'simpleTaproot') return
  if (order.kind === 'bid' ? !order.unannounced : order.announcement === 'onlyAnnounced') {
    throw refuse({ code: 'ORDER_TAPROOT_ANNOUNCED' }, 'simple taproot channels must be unannounced')
  }
}

/** Nonce and node addresses. @throws OrderError */
export function checkOrderIdentity(order: Order): void {
  if (isZeroNonce(order.nonce)) throw refuse({ code: 'ORDER_NONCE_ZERO' }, 'the order nonce is zero')
  if (order.kind === 'ask' && order.nodeAddresses.length === 0) {
    throw refuse({ code: 'ORDER_NODE_ADDRESS_MISSING' }, 'an ask needs a node address')
  }
  for (const address of order.nodeAddresses) nodeAddress(address.network, address.addr)
}

/** State and expiry of the account behind an order. @throws OrderError */
export function checkOrderAccount(account: OrderAccount, bestHeight: BlockHeight): void {
  if (!account.acceptsOrders) {
    throw refuse({ code: 'ORDER_ACCOUNT_NOT_READY', state: account.state }, `the account is ${account.state}`)
  }
  if (account.expiry <= bestHeight) {
    throw refuse(
      { code: 'ORDER_ACCOUNT_EXPIRED', expiry: account.expiry, height: bestHeight },
      `the account expired at height ${account.expiry}`,
    )
  }
}

/** The worst case of this order, on top of the others'. @throws OrderError ORDER_INSUFFICIENT_BALANCE */
export function checkOrderFunds(order: Order, funds: Pick<OrderContext, 'account' | 'reserved' | 'terms'>): void {
  const open = { order, state: 'submitted', unitsUnfulfilled: unitsOf(order.amount) } as const
  const needed = reservedValue(open, funds.account.version, funds.terms)
  const available = funds.account.value - funds.reserved
  if (needed <= available) return
  throw refuse(
    { code: 'ORDER_INSUFFICIENT_BALANCE', needed: String(needed), available: String(available) },
    `insufficient account balance: the order may cost ${needed} sat, ${available} are free`,
  )
}

/** What the trader's own node can do. @throws OrderError */
export function checkOrderNode(order: Order, node: { readonly wumbo: boolean; readonly simpleTaproot: boolean }): void {
  if (order.amount > MAX_CHANNEL_WITHOUT_WUMBO && !node.wumbo) {
    throw refuse(
      { code: 'ORDER_AMOUNT_NEEDS_WUMBO', amount: String(order.amount) },
      `${order.amount} sat: the node does not support channels above ${MAX_CHANNEL_WITHOUT_WUMBO}`,
    )
  }
  if (order.channelType === 'simpleTaproot' && !node.simpleTaproot) {
    throw refuse({ code: 'ORDER_TAPROOT_UNSUPPORTED' }, 'the node does not support simple taproot channels')
  }
}

function refuse(detail: OrderErrorDetail, message: string): OrderError {
  return new OrderError(detail, message)
}
