import type { OrderNonce } from '@tidepool/crypto'
import type { BatchProposal, FeeSchedule } from '@tidepool/market'
import { supplyUnits } from '@tidepool/market'
import { isSidecarBid, pairOf } from './matchView.ts'
import type { MatchView } from './matchView.ts'
import type { MismatchDetail } from './mismatch.ts'
import type { OwnOrder, OwnRecords } from './ownRecords.ts'
import { feeRateWithinMaximum } from './rules/feeRateLimit.ts'
import { ownLimitHonoured, pricePresent } from './rules/price.ts'
import type { MatchRule } from './rules/rule.ts'
import type { OrderFill } from './verdict.ts'

/** Rules that depend on the own order alone and so hold for all its matches or for none. */
const ORDER_RULES: readonly MatchRule[] = [pricePresent, ownLimitHonoured, feeRateWithinMaximum]

/** All matches of one own order. */
export interface OrderMatches {
  readonly own: OwnOrder
  readonly views: readonly MatchView[]
  readonly units: number
}

/** Groups matches by own order, in order of nonce. */
export function matchesByOrder(views: readonly MatchView[]): readonly OrderMatches[] {
  const groups = new Map<OrderNonce, MatchView[]>()
  for (const view of views) {
    const group = groups.get(view.own.order.nonce)
    if (group === undefined) groups.set(view.own.order.nonce, [view])
    else group.push(view)
  }
  return [...groups.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => {
      const own = group[0]?.own
      return own === undefined ? [] : [{ own, views: group, units: group.reduce((sum, view) => sum + view.units, 0) }]
    })
}

/** What an order's matches must satisfy together. */
export function checkOrders(
  orders: readonly OrderMatches[],
  own: OwnRecords,
  proposal: BatchProposal,
): readonly MismatchDetail[] {
  return orders.flatMap((order) => [
    ...order.views.slice(0, 1).flatMap((view) => ORDER_RULES.flatMap((rule) => rule(view, own, proposal) ?? [])),
    ...checkTotal(order),
    ...checkDistinct(order),
    ...checkSingle(order),
  ])
}

/** No more than the order has left. Pool order/batch_verifier.go */
function checkTotal({ own, units }: OrderMatches): readonly MismatchDetail[] {
  const left = own.unitsUnfulfilled
  return units > left ? [{ code: 'UNITS_ABOVE_UNFULFILLED', nonce: own.order.nonce, units, left }] : []
}

/** V-24: each counterpart once. */
function checkDistinct({ views }: OrderMatches): readonly MismatchDetail[] {
  const seen = new Set<OrderNonce>()
  return views.flatMap((view): readonly MismatchDetail[] => {
    const { nonce } = view.counterpart
    if (seen.has(nonce)) return [{ code: 'COUNTERPART_LISTED_TWICE', ...pairOf(view) }]
    seen.add(nonce)
    return []
  })
}

/** V-26: the self channel balance is charged and placed once, a sidecar ticket buys one channel. */
function checkSingle({ own, views }: OrderMatches): readonly MismatchDetail[] {
  const { order } = own
  const single = isSidecarBid(own) || (order.kind === 'bid' && order.selfChannelBalance > 0n)
  return single && views.length > 1 ? [{ code: 'SELF_BALANCE_SPLIT', nonce: order.nonce, matches: views.length }] : []
}

/** V-02: each component at most the highest that a matched order was quoted. */
export function checkExecutionFee(orders: readonly OrderMatches[], proposal: BatchProposal): readonly MismatchDetail[] {
  const terms = highestTerms(orders.map(({ own }) => own.terms))
  const got = proposal.executionFee
  if (terms === undefined || (got.baseFee <= terms.baseFee && got.feeRatePpm <= terms.feeRatePpm)) return []
  return [{ code: 'EXECUTION_FEE_ABOVE_TERMS', terms, got }]
}

function highestTerms(all: readonly FeeSchedule[]): FeeSchedule | undefined {
  return all.reduce<FeeSchedule | undefined>(
    (high, next) => ({
      baseFee: high === undefined || next.baseFee > high.baseFee ? next.baseFee : high.baseFee,
      feeRatePpm: high === undefined || next.feeRatePpm > high.feeRatePpm ? next.feeRatePpm : high.feeRatePpm,
    }),
    undefined,
  )
}

/** What becomes of each order: done when nothing or less than its own minimum is left. Pool order/batch_storer.go */
export function orderFills(orders: readonly OrderMatches[]): readonly OrderFill[] {
  return orders.map(({ own, units }) => {
    const left = own.unitsUnfulfilled - units
    const done = left < own.order.minUnitsMatch
    return {
      nonce: own.order.nonce,
      unitsFilled: supplyUnits(units),
      unitsUnfulfilled: supplyUnits(left),
      state: left === 0 || done ? 'executed' : 'partiallyFilled',
    }
  })
}
