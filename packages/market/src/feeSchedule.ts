import type { Satoshi } from '@tidepool/crypto'

/** Execution fee terms: charged once per match to each side. */
export interface FeeSchedule {
  readonly baseFee: Satoshi
  /** Parts per million of the amount. */
  readonly feeRatePpm: bigint
}
