import type { BatchProposal } from '@tidepool/market'
import type { MatchView } from './matchView.ts'
import type { MismatchDetail } from './mismatch.ts'
import { channelInRange } from './rules/amounts.ts'
import { orderedChannelType } from './rules/channelType.ts'
import { announcementAgrees, confirmationAgrees } from './rules/constraints.ts'
import { foreignFundingKey } from './rules/fundingKeys.ts'
import { counterpartLargeEnough, someUnits, unitsReachMinimum } from './rules/matchUnits.ts'
import { knownOrderVersion } from './rules/orderVersion.ts'
import { outboundOneUnit, outboundSelfBalance } from './rules/outbound.ts'
import { foreignCounterpart, sameAuctionType, sameDuration } from './rules/pairing.ts'
import { counterpartLimitHonoured, ratesCross } from './rules/price.ts'
import type { MatchRule, OwnIdentity } from './rules/rule.ts'
import { askTakesBid, recipientIsNotAsker, recipientKnown, ticketCapacity } from './rules/sidecar.ts'

/** What every single match must satisfy, in the order in which faults are reported. */
const MATCH_RULES: readonly MatchRule[] = [
  knownOrderVersion,
  sameAuctionType,
  foreignCounterpart,
  sameDuration,
  ratesCross,
  counterpartLimitHonoured,
  someUnits,
  unitsReachMinimum,
  counterpartLargeEnough,
  channelInRange,
  recipientKnown,
  recipientIsNotAsker,
  foreignFundingKey,
  orderedChannelType,
  outboundOneUnit,
  outboundSelfBalance,
  announcementAgrees,
  confirmationAgrees,
  askTakesBid,
]

/** Those of them that concern the recipient of a sidecar channel, who neither pays nor sets limits. */
const SIDECAR_RULES: readonly MatchRule[] = [
  knownOrderVersion,
  sameAuctionType,
  foreignCounterpart,
  sameDuration,
  someUnits,
  ticketCapacity,
  counterpartLargeEnough,
  channelInRange,
  foreignFundingKey,
  announcementAgrees,
  confirmationAgrees,
  askTakesBid,
]

/** Everything wrong with the matches, each looked at alone. */
export const checkMatches = (
  views: readonly MatchView[],
  own: OwnIdentity,
  proposal: BatchProposal,
): readonly MismatchDetail[] => check(MATCH_RULES, views, own, proposal)

/** The same for a sidecar recipient. */
export const checkSidecarMatches = (
  views: readonly MatchView[],
  own: OwnIdentity,
  proposal: BatchProposal,
): readonly MismatchDetail[] => check(SIDECAR_RULES, views, own, proposal)

function check(
  rules: readonly MatchRule[],
  views: readonly MatchView[],
  own: OwnIdentity,
  proposal: BatchProposal,
): readonly MismatchDetail[] {
  return views.flatMap((view) => rules.flatMap((rule) => rule(view, own, proposal) ?? []))
}
