import type { MatchRule } from './rule.ts'

/** No order may consent to more: 10 BTC per kw. Keeps every fee below an amount of money. */
const FEE_RATE_CEILING = 1_000_000_000n

/** V-01: the batch's fee rate is at most the order's own maximum, as Pool's documentation promises. */
export const feeRateWithinMaximum: MatchRule = (view, _own, proposal) => {
  const { nonce, maxBatchFeeRate } = view.own.order
  const maximum = maxBatchFeeRate < FEE_RATE_CEILING ? maxBatchFeeRate : FEE_RATE_CEILING
  return proposal.feeRate <= maximum
    ? undefined
    : { code: 'FEE_RATE_ABOVE_MAXIMUM', nonce, maximum, got: proposal.feeRate }
}
