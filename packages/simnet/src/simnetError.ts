import { ClmError } from '@tidepool/crypto'

export type SimnetErrorDetail =
  /** The simnet has no node of this name; use one that it was started with. */
  | { readonly code: 'NO_SUCH_NODE'; readonly name: string }
  /** Neither block nor mempool holds the transaction; mine or publish it first. */
  | { readonly code: 'NO_SUCH_TRANSACTION'; readonly txid: string }
  /** The active chain is not that high yet; mine more blocks. */
  | { readonly code: 'NO_SUCH_BLOCK'; readonly height: number }
  /** Command line or settings of the daemon are wrong; see its help. */
  | { readonly code: 'BAD_USAGE'; readonly reason: string }

export class SimnetError extends ClmError<SimnetErrorDetail> {}
