import type { BookOrder } from '../book.ts'
import { isArchived, type Order } from '../order.ts'
import { supportsUnannounced, supportsZeroConf } from '../batchVersion.ts'
import type { FilterReason, MatchContext } from './types.ts'

/** Says why an order takes no part, or nothing. */
export type Filter = (entry: BookOrder, context: MatchContext) => FilterReason | undefined

/** What a reject, a timeout or an overdrawn account took out of this attempt. */
export const excluded: Filter = ({ order }, context) =>
  context.excludedOrders.has(order.nonce) || context.excludedAccounts.has(order.accountKey)
    ? 'excludedFromAttempt'
    : undefined

/** F1, first half. */
export const active: Filter = ({ state, unitsUnfulfilled }) =>
  isArchived(state) || unitsUnfulfilled < 1 ? 'orderNotActive' : undefined

/** F1, second half. An outbound ask's minimum speaks of the counterpart, not of itself. */
export const aboveMinimum: Filter = ({ order, unitsUnfulfilled }) =>
  order.auctionType === 'inbound' && unitsUnfulfilled < order.minUnitsMatch ? 'remainderBelowMinimum' : undefined

/** F2. */
export const feeRateAllowed: Filter = ({ order }, context) =>
  order.maxBatchFeeRate < context.feeRate ? 'feeRateAboveMaximum' : undefined

/** F3. */
export const accountReady: Filter = ({ order }, context) =>
  context.accounts.get(order.accountKey)?.ready === true ? undefined : 'accountNotReady'

/** F4: equality fails. */
export const accountLasts: Filter = ({ order }, context) => {
  const expiry = context.accounts.get(order.accountKey)?.account.expiry ?? 0
  return expiry > context.height + context.expiryMargin ? undefined : 'accountExpiresSoon'
}

/** F5. */
export const notBanned: Filter = ({ order }, context) =>
  context.bannedAccounts.has(order.accountKey) || context.bannedNodes.has(order.nodeKey) ? 'banned' : undefined

/** F5, for a time. */
export const answersBatches: Filter = ({ order }, context) =>
  context.silentAccounts.has(order.accountKey) ? 'traderSilent' : undefined

/** F6: a sidecar needs provider and recipient. */
export const online: Filter = ({ order }, context) => {
  const recipientMissing = order.kind === 'bid' && order.isSidecar && !context.sidecarRecipients.has(order.multiSigKey)
  return recipientMissing || context.accounts.get(order.accountKey)?.stream === undefined ? 'traderOffline' : undefined
}

/** F7. */
export const durationOpen: Filter = ({ order }, context) =>
  context.openDurations.has(order.leaseDuration) ? undefined : 'durationNotOpen'

/** F8. */
export const batchVersionCarries: Filter = ({ order }, context) => {
  const version = context.accounts.get(order.accountKey)?.stream?.batchVersion
  if (version === undefined) return 'traderOffline'
  const lacks =
    (needsUnannounced(order) && !supportsUnannounced(version)) || (needsZeroConf(order) && !supportsZeroConf(version))
  return lacks ? 'batchVersionLacksFeature' : undefined
}

const needsUnannounced = (order: Order): boolean =>
  order.kind === 'bid' ? order.unannounced : order.announcement === 'onlyUnannounced'

const needsZeroConf = (order: Order): boolean =>
  order.kind === 'bid' ? order.zeroConf : order.confirmation === 'onlyZeroConf'

/** In the order whose first refusal is recorded (matching §2). */
export const FILTERS: readonly Filter[] = [
  active,
  aboveMinimum,
  feeRateAllowed,
  accountReady,
  accountLasts,
  notBanned,
  answersBatches,
  online,
  durationOpen,
  batchVersionCarries,
  excluded,
]

/** The first reason that keeps an order out, if any. */
export function filterOrder(entry: BookOrder, context: MatchContext): FilterReason | undefined {
  for (const filter of FILTERS) {
    const reason = filter(entry, context)
    if (reason !== undefined) return reason
  }
  return undefined
}
