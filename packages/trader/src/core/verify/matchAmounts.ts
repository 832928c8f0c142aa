import { MAX_MONEY } from '@tidepool/crypto'
import type { BatchProposal } from '@tidepool/market'
import { UNIT_SAT, rawPremium } from '@tidepool/market'
import type { MatchView } from './matchView.ts'

/** What one match moves, in satoshis. Plain `bigint`: a lying proposal may lead out of the range of money. */
export interface MatchAmounts {
  readonly channelValue: bigint
  readonly premium: bigint
  readonly executionFee: bigint
  /** Change of our account, without the chain fee. */
  readonly delta: bigint
}

const PARTS_PER_MILLION = 1_000_000n

/**
 * Inbound: premium and fees on the filled units. Outbound: premium on units and self channel balance, the taker's fee
 * too, the maker's fee on the units alone. Pool order/tradingfees.go
 */
export function matchAmounts(view: MatchView, proposal: BatchProposal): MatchAmounts {
  const filled = BigInt(view.units) * UNIT_SAT
  const selfBalance: bigint = view.bid.selfChannelBalance
  const channelValue = filled + selfBalance
  const outbound = view.own.order.auctionType === 'outbound'
  const premiumBase = outbound ? channelValue : filled
  const feeBase = outbound && view.role === 'bidder' ? channelValue : filled
  const premium = view.price === undefined ? 0n : rawPremium(premiumBase, view.price, view.own.order.leaseDuration)
  const { baseFee, feeRatePpm } = proposal.executionFee
  const executionFee = baseFee + (feeBase * feeRatePpm) / PARTS_PER_MILLION
  const delta = view.role === 'asker' ? premium - filled - executionFee : -premium - selfBalance - executionFee
  return { channelValue, premium, executionFee, delta }
}

/** Whether all parts of a match are amounts of money. */
export const inRange = (amounts: MatchAmounts): boolean =>
  [amounts.channelValue, amounts.premium, amounts.executionFee].every((amount) => amount >= 0n && amount <= MAX_MONEY)
