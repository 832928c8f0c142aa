import { pairOf } from '../matchView.ts'
import type { MatchRule } from './rule.ts'

/** The ask asks no more than the bid gives. Pool order/batch_verifier.go */
export const ratesCross: MatchRule = (view) =>
  view.ask.rate <= view.bid.rate
    ? undefined
    : { code: 'ASK_ABOVE_BID', askRate: view.ask.rate, bidRate: view.bid.rate, ...pairOf(view) }

/** There is a price for the order's duration; a missing one would read as free of charge. */
export const pricePresent: MatchRule = (view) =>
  view.price === undefined
    ? { code: 'CLEARING_PRICE_MISSING', nonce: view.own.order.nonce, duration: view.own.order.leaseDuration }
    : undefined

/** The uniform price honours our limit (white paper §6.1.6). Pool order/batch_verifier.go */
export const ownLimitHonoured: MatchRule = (view) => {
  const { nonce, rate, kind } = view.own.order
  if (view.price === undefined || withinLimit(kind, rate, view.price)) return undefined
  return { code: 'CLEARING_PRICE_EXCEEDED', nonce, limit: rate, price: view.price }
}

/** And the other's: who is cheated there will not fund our channel. ADR-0011 */
export const counterpartLimitHonoured: MatchRule = (view) => {
  const { rate, kind } = view.counterpart
  if (view.price === undefined || withinLimit(kind, rate, view.price)) return undefined
  return { code: 'COUNTERPART_PRICE_EXCEEDED', limit: rate, price: view.price, ...pairOf(view) }
}

const withinLimit = (kind: 'ask' | 'bid', rate: number, price: number): boolean =>
  kind === 'ask' ? rate <= price : price <= rate
