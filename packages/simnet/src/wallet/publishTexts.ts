import { ChainError, type RejectReason } from '../chain/rejection.ts'
import { LndRefusal } from '../lndRefusal.ts'

/** What lnd over bitcoind says to PublishTransaction; recorded from lnd 0.20.1. */
const TEXT: Record<RejectReason, string> = {
  'missing-inputs': 'transaction rejected: output already spent',
  'non-final': 'non final',
  'non-BIP68-final': 'non BIP68 final',
  dust: 'dust',
  'min relay fee not met': 'transaction rejected by the mempool because of low fees: min relay fee not met',
  'mempool min fee not met': 'transaction rejected by the mempool because of low fees: mempool min fee not met',
  'insufficient fee': 'insufficient fee',
  'mandatory-script-verify-flag-failed': 'non mandatory script verify flag',
  'bad-txns-in-belowout': 'bad txns in belowout',
  'bad-txns-inputs-duplicate': 'bad txns inputs duplicate',
  'bad-txns-premature-spend-of-coinbase': 'bad txns premature spend of coinbase',
  'bad-txns-vin-empty': 'bad txns vin empty',
  'bad-txns-vout-empty': 'bad txns vout empty',
  'too-long-mempool-chain': 'too long mempool chain',
}

/** The chain's refusal in lnd's words. SendOutputs drops the preamble about low fees. */
export function publishError(error: unknown, call: 'publish' | 'send' = 'publish'): unknown {
  if (!(error instanceof ChainError) || error.detail.code !== 'TX_REJECTED') return error
  const { reason } = error.detail
  return new LndRefusal(call === 'send' && reason === 'min relay fee not met' ? reason : TEXT[reason])
}
