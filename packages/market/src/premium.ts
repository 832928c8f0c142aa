import { satoshi, type BlockCount, type Satoshi } from '@tidepool/crypto'
import type { RatePpb } from './order.ts'

const PARTS_PER_BILLION = 1_000_000_000

/**
 * The premium of `lumpSumPremium` before its range check: simple interest in doubles, in Pool's order of operations,
 * truncated once (Pool order/tradingfees.go). Exact integers differ, e.g. 100,000 sat at 2,900 ppb for 100 blocks.
 */
export function rawPremium(amount: bigint, rate: RatePpb, duration: BlockCount): bigint {
  return BigInt(Math.trunc(perBlockPremium(amount, rate) * duration))
}

/** Premium per block as a double, for display and `rawPremium`. */
export function perBlockPremium(amount: bigint, rate: RatePpb): number {
  return (Number(amount) * rate) / PARTS_PER_BILLION
}

/** Premium a bid pays and an ask earns for the whole lease, once. @throws UnitsError AMOUNT_OUT_OF_RANGE */
export function lumpSumPremium(amount: bigint, rate: RatePpb, duration: BlockCount): Satoshi {
  return satoshi(rawPremium(amount, rate, duration))
}
