import type { BlockCount, SatPerKWeight } from '@tidepool/crypto'
import type { AccountVersion } from './account.ts'
import { chainFeeShare } from './chainFee.ts'
import { executionFee, type FeeSchedule } from './feeSchedule.ts'
import { isArchived, type AuctionType, type OrderState, type RatePpb, type SupplyUnits } from './order.ts'
import { OrderError } from './orderErrors.ts'
import { rawPremium } from './premium.ts'
import { UNIT_SAT } from './supplyUnit.ts'

interface ReservableBase {
  readonly auctionType: AuctionType
  readonly rate: RatePpb
  readonly leaseDuration: BlockCount
  readonly maxBatchFeeRate: SatPerKWeight
  readonly minUnitsMatch: SupplyUnits
}

/** What an order's reserve depends on; every `Order` is one. */
export type ReservableOrder =
  | (ReservableBase & { readonly kind: 'ask' })
  | (ReservableBase & { readonly kind: 'bid'; readonly selfChannelBalance: bigint })

/** An order and how much of it is still open. */
export interface OpenOrder {
  readonly order: ReservableOrder
  readonly state: OrderState
  readonly unitsUnfulfilled: SupplyUnits
}

/**
 * The most an order could still cost its account: filled in pieces of its minimum, the last piece taking the rest,
 * each in its own batch at the highest fee rate (Pool order/interfaces.go `reservedValue`). With less left than one
 * piece the count is -1 and the rest one piece more, as in Pool: base and chain fees then cancel out.
 * Raw, may exceed all money. @throws OrderError ORDER_MIN_UNITS_ZERO
 */
export function reservedValue(open: OpenOrder, version: AccountVersion, terms: FeeSchedule): bigint {
  if (isArchived(open.state)) return 0n
  const { order } = open
  if (order.minUnitsMatch === 0) throw new OrderError({ code: 'ORDER_MIN_UNITS_ZERO' }, 'minimum units: at least 1')
  const left = BigInt(open.unitsUnfulfilled) * UNIT_SAT
  const piece = BigInt(order.minUnitsMatch) * UNIT_SAT
  const exact = left % piece === 0n
  const pieces = exact ? left / piece : left / piece - 1n
  const rest = exact ? 0n : left - pieces * piece
  const chainFee = chainFeeShare(1, order.maxBatchFeeRate, version)
  const delta =
    pieces * (matchDelta(order, piece, terms) - chainFee) + (rest > 0n ? matchDelta(order, rest, terms) - chainFee : 0n)
  return delta < 0n ? -delta : 0n
}

/** Change of the account's balance by one match at the order's own rate, before chain fees. */
function matchDelta(order: ReservableOrder, amount: bigint, terms: FeeSchedule): bigint {
  if (order.kind === 'ask') {
    return rawPremium(amount, order.rate, order.leaseDuration) - amount - executionFee(terms, amount)
  }
  const base = order.auctionType === 'outbound' ? amount + order.selfChannelBalance : amount
  return -rawPremium(base, order.rate, order.leaseDuration) - order.selfChannelBalance - executionFee(terms, base)
}

/** Sum over an account's orders. */
export function totalReserved(orders: readonly OpenOrder[], version: AccountVersion, terms: FeeSchedule): bigint {
  return orders.reduce((sum, open) => sum + reservedValue(open, version, terms), 0n)
}

/** What an account could still commit; never below zero. */
export function availableBalance(
  account: { readonly value: bigint; readonly version: AccountVersion },
  orders: readonly OpenOrder[],
  terms: FeeSchedule,
): bigint {
  const rest = account.value - totalReserved(orders, account.version, terms)
  return rest > 0n ? rest : 0n
}
