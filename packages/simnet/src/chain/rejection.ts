import { ClmError } from '@tidepool/crypto'

/** Why the mempool refuses a transaction, in Bitcoin Core's words. */
export type RejectReason =
  | 'missing-inputs'
  | 'non-final'
  | 'non-BIP68-final'
  | 'dust'
  | 'min relay fee not met'
  | 'mempool min fee not met'
  | 'insufficient fee'
  | 'mandatory-script-verify-flag-failed'
  | 'bad-txns-in-belowout'
  | 'bad-txns-inputs-duplicate'
  | 'bad-txns-premature-spend-of-coinbase'
  | 'bad-txns-vin-empty'
  | 'bad-txns-vout-empty'
  | 'too-long-mempool-chain'

export type ChainErrorDetail =
  /** The mempool does not take a transaction; whether a later attempt helps depends on the reason. */
  | { readonly code: 'TX_REJECTED'; readonly reason: RejectReason; readonly txid: string }
  /** More blocks were asked to be undone than there are; trying again does not help. */
  | { readonly code: 'REORG_TOO_DEEP'; readonly depth: number; readonly height: number }
  /** The faucet's coins do not cover an amount; mine more blocks. */
  | { readonly code: 'FAUCET_EMPTY'; readonly wanted: bigint }

export class ChainError extends ClmError<ChainErrorDetail> {}

export function rejected(reason: RejectReason, txid: string, note = ''): ChainError {
  return new ChainError({ code: 'TX_REJECTED', reason, txid }, note === '' ? reason : `${reason}: ${note}`)
}
