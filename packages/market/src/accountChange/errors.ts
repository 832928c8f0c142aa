import { ClmError } from '@tidepool/crypto'
import type { AccountVersion, OutPointText } from '@tidepool/crypto'

export type AccountChangeErrorDetail =
  /** Fee rate below what nodes relay; raise it to `min` sat/kw. */
  | { readonly code: 'CHANGE_FEE_RATE_TOO_LOW'; readonly feeRate: string; readonly min: string }
  /** An account never goes back to an older version; name the one it has or a newer one. */
  | { readonly code: 'CHANGE_VERSION_DOWNGRADE'; readonly from: AccountVersion; readonly to: AccountVersion }
  /** An expired account only comes back with a later expiry; choose one. */
  | { readonly code: 'CHANGE_EXPIRY_NOT_MOVED'; readonly expiry: number }
  /** A deposit of nothing; name an amount. */
  | { readonly code: 'CHANGE_NO_AMOUNT' }
  /** A withdrawal or a close pays to nobody; name at least one output. */
  | { readonly code: 'CHANGE_NO_OUTPUTS' }
  /** Nodes would not relay an output this small; pay at least `min` or leave it out. */
  | { readonly code: 'CHANGE_OUTPUT_DUST'; readonly index: number; readonly value: string; readonly min: string }
  /** The script of an output is none this change can pay to; use another address. */
  | { readonly code: 'CHANGE_OUTPUT_UNSUPPORTED'; readonly index: number }
  /** An output pays to the account's own script, which only the account's new output may have; use another address. */
  | { readonly code: 'CHANGE_OUTPUT_TO_ACCOUNT'; readonly index: number }
  /** An input is named twice, or is the account's own; name each once. */
  | { readonly code: 'CHANGE_INPUT_DUPLICATE'; readonly outpoint: OutPointText }
  /** An input belongs to another account or to the auctioneer; use coins of the wallet. */
  | { readonly code: 'CHANGE_INPUT_FOREIGN'; readonly outpoint: OutPointText }
  /** An input is neither P2WKH, nested P2WKH nor a P2TR key spend; use another coin. */
  | { readonly code: 'CHANGE_INPUT_UNSUPPORTED'; readonly outpoint: OutPointText }
  /** A close spends the account alone; leave the inputs out. */
  | { readonly code: 'CHANGE_CLOSE_WITH_INPUTS'; readonly count: number }
  /** The list of spent outputs does not follow the sorted inputs; send one for each input. */
  | { readonly code: 'CHANGE_PREVIOUS_OUTPUTS'; readonly expected: number; readonly count: number }
  /** The account's own entry in the list of spent outputs is not the account's output; the two sides differ about it. */
  | { readonly code: 'CHANGE_ACCOUNT_OUTPUT_DIFFERS'; readonly what: 'value' | 'script' }
  /** Outputs take more than the inputs give; take less. */
  | { readonly code: 'CHANGE_EXCEEDS_INPUTS'; readonly inputs: string; readonly outputs: string }
  /** The fee is below what nodes relay for this size; pay at least `min`. */
  | { readonly code: 'CHANGE_FEE_TOO_LOW'; readonly fee: string; readonly min: string }

/** A change of an account that both sides refuse for the same reason. */
export class AccountChangeError extends ClmError<AccountChangeErrorDetail> {}
