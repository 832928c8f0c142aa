import { addSat, type BlockCount, type Satoshi, type SatPerKWeight } from '@tidepool/crypto'
import { chainFeeShare } from './chainFee.ts'
import { executionFee, type FeeSchedule } from './feeSchedule.ts'
import type { RatePpb, SupplyUnits } from './order.ts'
import { OrderError } from './orderErrors.ts'
import { lumpSumPremium } from './premium.ts'
import { unitsToSat } from './supplyUnit.ts'

export interface QuoteRequest {
  readonly amount: Satoshi
  readonly rate: RatePpb
  readonly duration: BlockCount
  readonly minUnitsMatch: SupplyUnits
  readonly maxBatchFeeRate: SatPerKWeight
}

export interface Quote {
  readonly premium: Satoshi
  readonly ratePerBlock: number
  readonly ratePercent: number
  /** When one match fills the order. */
  readonly executionFee: Satoshi
  /** When every match has the minimum size. */
  readonly executionFeeMost: Satoshi
  /** Every match in its own batch at the highest fee rate, from a version 0 account. */
  readonly worstCaseChainFee: bigint
}

/** What an order would cost (Pool order/tradingfees.go `NewQuote`). @throws OrderError ORDER_MIN_UNITS_ZERO */
export function quoteOrder(request: QuoteRequest, terms: FeeSchedule): Quote {
  if (request.minUnitsMatch === 0) throw new OrderError({ code: 'ORDER_MIN_UNITS_ZERO' }, 'minimum units: at least 1')
  const matches = request.amount / unitsToSat(request.minUnitsMatch)
  const once = executionFee(terms, request.amount)
  const ratePerBlock = request.rate / 1e9
  return {
    premium: lumpSumPremium(request.amount, request.rate, request.duration),
    ratePerBlock,
    ratePercent: ratePerBlock * 100,
    executionFee: once,
    executionFeeMost: addSat(once, matches > 1n ? (matches - 1n) * terms.baseFee : 0n),
    worstCaseChainFee: matches * chainFeeShare(1, request.maxBatchFeeRate, 0),
  }
}
