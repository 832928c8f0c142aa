import { satoshi, type Satoshi } from '@tidepool/crypto'

/** Execution fee terms: charged once per match to each side. */
export interface FeeSchedule {
  readonly baseFee: Satoshi
  /** Parts per million of the amount. */
  readonly feeRatePpm: bigint
}

const PARTS_PER_MILLION = 1_000_000n

/** Base fee plus the proportional part, rounded down (Pool terms/fees.go). @throws UnitsError AMOUNT_OUT_OF_RANGE */
export function executionFee(schedule: FeeSchedule, amount: bigint): Satoshi {
  return satoshi(schedule.baseFee + (amount * schedule.feeRatePpm) / PARTS_PER_MILLION)
}

/** The lowest of each component: what a stream is charged for orders accepted under several terms. */
export function lowestFeeSchedule(first: FeeSchedule, ...others: readonly FeeSchedule[]): FeeSchedule {
  return others.reduce<FeeSchedule>(
    (low, next) => ({
      baseFee: next.baseFee < low.baseFee ? next.baseFee : low.baseFee,
      feeRatePpm: next.feeRatePpm < low.feeRatePpm ? next.feeRatePpm : low.feeRatePpm,
    }),
    first,
  )
}
