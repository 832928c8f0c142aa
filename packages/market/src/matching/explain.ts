import type { BookOrder } from '../book.ts'
import { firstRefusal } from './pairRules.ts'
import { matchUnits } from './matchUnits.ts'
import type { Market, MatchContext, OutcomeReason, PairReason } from './types.ts'

/**
 * Why an order that took part was never matched: a counterpart would do but was taken, or else the rule that its
 * nearest counterpart failed, nearest being the one that passed most rules.
 */
export function explainUnmatched(entry: BookOrder, market: Market, context: MatchContext): PairReason | OutcomeReason {
  const others: readonly BookOrder[] = entry.order.kind === 'ask' ? market.bids : market.asks
  if (others.length === 0) return 'noCounterpart'
  let nearest: { readonly passed: number; readonly reason: PairReason } | undefined
  for (const other of others) {
    const refusal = refusalBetween(entry, other, context)
    if (refusal === undefined) return 'counterpartTaken'
    if (nearest === undefined || refusal.passed > nearest.passed) nearest = refusal
    if (refusal.reason === 'ratesDoNotCross') break
  }
  return nearest?.reason ?? 'noCounterpart'
}

/** With all their units, as at the start of the pass. */
function refusalBetween(entry: BookOrder, other: BookOrder, context: MatchContext) {
  const [ask, bid] = entry.order.kind === 'ask' ? [entry, other] : [other, entry]
  if (ask.order.kind !== 'ask' || bid.order.kind !== 'bid') return undefined
  const refusal = firstRefusal(ask.order, bid.order, context)
  if (refusal !== undefined) return refusal
  const units = matchUnits(ask.order, bid.order, ask.unitsUnfulfilled, bid.unitsUnfulfilled)
  return units === undefined ? { passed: Number.MAX_SAFE_INTEGER, reason: 'sizesDoNotFit' as const } : undefined
}
