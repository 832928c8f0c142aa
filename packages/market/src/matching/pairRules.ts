import { announcementAdmits, confirmationAdmits, nodeAdmitted } from '../channelRules.ts'
import { channelTypesCompatible, effectiveChannelType } from '../channelTypes.ts'
import { nodePair } from '../book.ts'
import type { Ask, Bid, NodeTier } from '../order.ts'
import {
  batchVersionsCarry,
  sidecarTypeAgreed,
  taprootUnannounced,
  tradersDiffer,
  zeroConfTyped,
} from './executionRules.ts'
import type { MatchContext, PairReason, PairRule } from './types.ts'

/** P1. */
export const sameDuration: PairRule = (ask, bid) =>
  ask.leaseDuration === bid.leaseDuration ? undefined : 'durationDiffers'

/** P2. */
export const sameAuctionType: PairRule = (ask, bid) =>
  ask.auctionType === bid.auctionType ? undefined : 'auctionTypeDiffers'

/** P3. */
export const ratesCross: PairRule = (ask, bid) => (ask.rate <= bid.rate ? undefined : 'ratesDoNotCross')

/** P4. */
export const differentAccounts: PairRule = (ask, bid) => (ask.accountKey === bid.accountKey ? 'sameAccount' : undefined)

/** P5: a sidecar bid names its recipient's node. */
export const differentNodes: PairRule = (ask, bid) => (ask.nodeKey === bid.nodeKey ? 'sameNode' : undefined)

/** P6, in both auction types. */
export const tierHighEnough: PairRule = (ask, bid, context) => {
  const tier = context.tiers.get(ask.nodeKey) ?? context.defaultTier
  return tier >= lowestTier(bid) ? undefined : 'nodeTierTooLow'
}

const lowestTier = (bid: Bid): NodeTier => (bid.minNodeTier === 'tier0' ? 0 : 1)

/** P7. */
export const nodesAdmitted: PairRule = (ask, bid) =>
  nodeAdmitted(ask.nodeFilter, bid.nodeKey) && nodeAdmitted(bid.nodeFilter, ask.nodeKey) ? undefined : 'nodeNotAdmitted'

/** P8. */
export const channelTypesMeet: PairRule = (ask, bid, context) =>
  channelTypesCompatible(effectiveChannelType(ask), effectiveChannelType(bid), context.rules.channelTypes)
    ? undefined
    : 'channelTypesIncompatible'

/** P9, announcement. */
export const announcementMet: PairRule = (ask, bid) =>
  announcementAdmits(ask.announcement, bid.unannounced) ? undefined : 'announcementUnmet'

/** P9, confirmation. */
export const confirmationMet: PairRule = (ask, bid) =>
  confirmationAdmits(ask.confirmation, bid.zeroConf) ? undefined : 'confirmationUnmet'

/** P10: asks below version 3 know no self channel balance, below 4 no sidecars. */
export const versionsSuffice: PairRule = (ask, bid) =>
  (bid.selfChannelBalance > 0n && ask.version < 3) || (bid.isSidecar && ask.version < 4)
    ? 'orderVersionTooLow'
    : undefined

/** P11, in either direction. */
export const noConflict: PairRule = (ask, bid, context) =>
  context.conflicts.has(nodePair(ask.nodeKey, bid.nodeKey)) ? 'nodesInConflict' : undefined

/** P1 to P11 and P13, cheapest and likeliest to refuse first within what is stable to report (matching §3). */
export const PAIR_RULES: readonly PairRule[] = [
  sameDuration,
  sameAuctionType,
  ratesCross,
  differentAccounts,
  differentNodes,
  tradersDiffer,
  tierHighEnough,
  nodesAdmitted,
  channelTypesMeet,
  announcementMet,
  confirmationMet,
  versionsSuffice,
  taprootUnannounced,
  zeroConfTyped,
  sidecarTypeAgreed,
  batchVersionsCarry,
  noConflict,
]

/**
 * The rules that read nothing but what asks of one class have in common, and bids of one signature (matching §5.1); of
 * the rest, P1 to P3 are the book's order and P4, P5, P7, P11 and the traders' identity speak of the very pair.
 */
export const CLASS_RULES: readonly PairRule[] = [
  tierHighEnough,
  channelTypesMeet,
  announcementMet,
  confirmationMet,
  versionsSuffice,
  taprootUnannounced,
  zeroConfTyped,
  sidecarTypeAgreed,
  batchVersionsCarry,
]

/** How many rules a pair passes, and the first it fails. */
export function firstRefusal(
  ask: Ask,
  bid: Bid,
  context: MatchContext,
): { readonly passed: number; readonly reason: PairReason } | undefined {
  for (const [passed, rule] of PAIR_RULES.entries()) {
    const reason = rule(ask, bid, context)
    if (reason !== undefined) return { passed, reason }
  }
  return undefined
}
