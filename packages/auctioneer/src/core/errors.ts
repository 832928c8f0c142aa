import { ClmError } from '@tidepool/crypto'
import type { AccountKey, BatchId, OrderNonce, PubKey, Txid } from '@tidepool/crypto'
import type { AccountChangeKind } from '@tidepool/market'

export type AuctioneerErrorDetail =
  /** The key has an account already; open another with a fresh key. */
  | { readonly code: 'ACCOUNT_EXISTS'; readonly accountKey: AccountKey }
  /** The key is reserved with other parameters; repeat them or use a fresh key. */
  | { readonly code: 'RESERVATION_DIFFERS'; readonly accountKey: AccountKey }
  /** InitAccount without ReserveAccount; reserve first. */
  | { readonly code: 'RESERVATION_NOT_FOUND'; readonly accountKey: AccountKey }
  /** Too many reservations wait for funding; try again later. */
  | { readonly code: 'RESERVATIONS_FULL'; readonly limit: number }
  /** Too many orders came at once; try again in a few seconds. */
  | { readonly code: 'ORDERS_WAITING'; readonly limit: number }
  /** InitAccount differs from the reservation or from the account there is; trying again does not help. */
  | { readonly code: 'ACCOUNT_FUNDING_MISMATCH'; readonly accountKey: AccountKey; readonly what: string }
  /** The output belongs to another account; trying again does not help. */
  | { readonly code: 'ACCOUNT_OUTPOINT_USED'; readonly accountKey: AccountKey }
  /** No account has this key. */
  | { readonly code: 'ACCOUNT_NOT_FOUND'; readonly accountKey: AccountKey }
  /** The account's state allows no such change now; wait until the state has changed, or choose another change. */
  | {
      readonly code: 'ACCOUNT_NOT_MODIFIABLE'
      readonly accountKey: AccountKey
      readonly state: string
      readonly change: AccountChangeKind
    }
  /** The account is in a batch that is being made or waits for its confirmations; try again after that. */
  | { readonly code: 'ACCOUNT_IN_BATCH'; readonly accountKey: AccountKey }
  /** The last change waits for its confirmations; try again after that. */
  | { readonly code: 'ACCOUNT_CHANGE_UNCONFIRMED'; readonly accountKey: AccountKey; readonly txid: Txid }
  /** More changes of one output were signed than are remembered; publish one of them. */
  | { readonly code: 'ACCOUNT_CHANGES_FULL'; readonly accountKey: AccountKey; readonly limit: number }
  /** An account with open orders is not closed; cancel these first. */
  | { readonly code: 'ACCOUNT_ORDERS_OPEN'; readonly accountKey: AccountKey; readonly nonces: readonly OrderNonce[] }
  /** The new value would not carry these orders; cancel them or leave more in the account. */
  | {
      readonly code: 'ACCOUNT_ORDERS_UNCOVERED'
      readonly accountKey: AccountKey
      readonly nonces: readonly OrderNonce[]
      readonly value: string
      readonly reserved: string
    }
  /** Another connection is subscribed for this account; use that one, or end it. */
  | { readonly code: 'ACCOUNT_ON_OTHER_CONNECTION'; readonly accountKey: AccountKey }
  /** Nonces are missing, malformed, or sent for an account that takes none; send fresh ones. */
  | { readonly code: 'CHANGE_BAD_NONCES'; readonly accountKey: AccountKey }
  /** Our own signature is not valid: lnd holds other keys; nothing was given out. */
  | { readonly code: 'CHANGE_NOT_SIGNED'; readonly accountKey: AccountKey }
  /** The call is not offered yet. */
  | { readonly code: 'NOT_OFFERED'; readonly what: string }
  /** No final batch has this id; the text is what stock traders look for. */
  | { readonly code: 'BATCH_NOT_FOUND'; readonly batchId: BatchId | undefined }
  /** More batches asked for at once than one answer carries. */
  | { readonly code: 'TOO_MANY_BATCHES'; readonly limit: number }
  /** The account never left a batch unanswered, or that is forgiven already. */
  | { readonly code: 'SILENCE_NOT_FOUND'; readonly accountKey: AccountKey }
  /** The auctioneer has no funds of its own yet: the operator must run init. */
  | { readonly code: 'MASTER_ACCOUNT_MISSING' }
  /** The auctioneer's own account waits for its confirmation; mine or wait. */
  | { readonly code: 'MASTER_ACCOUNT_UNCONFIRMED' }
  /** The value for the auctioneer's own account is too small; ask for more. */
  | { readonly code: 'MASTER_ACCOUNT_TOO_SMALL'; readonly min: string }
  /** The market has no such duration. */
  | { readonly code: 'DURATION_NOT_FOUND'; readonly blocks: number }
  /** Open orders wait in this duration; close it and let them go, or have them canceled. */
  | { readonly code: 'DURATION_IN_USE'; readonly blocks: number; readonly orders: number }
  /** Traders take a market without durations for a broken one; close the last one instead of removing it. */
  | { readonly code: 'DURATION_LAST'; readonly blocks: number }
  /** Not a number of blocks that a lease can last, or no such state. */
  | { readonly code: 'DURATION_INVALID'; readonly what: string }
  /** Nobody with this key is banned. */
  | { readonly code: 'BAN_NOT_FOUND'; readonly key: PubKey }
  /** Too little to be worth relaying; name more. */
  | { readonly code: 'MASTER_OUTPUT_DUST'; readonly min: string }
  /** Every batch is in a block: nothing waits. */
  | { readonly code: 'NOTHING_TO_BUMP' }
  /** What waits pays the rate already; name a higher one. */
  | { readonly code: 'BUMP_NOT_NEEDED'; readonly rate: string }
  /** Nodes would not relay one more transaction on top; wait for a block. */
  | { readonly code: 'BUMP_NO_ROOM'; readonly what: string }
  /** The batch can never confirm: a confirmed transaction spent one of its inputs. Everything is as before it. */
  | { readonly code: 'BATCH_VOID'; readonly batchId: BatchId }
  /** An auction is running; try again when it is over. */
  | { readonly code: 'AUCTION_RUNNING' }
  /** The daemon is stopping; call again when it is back. */
  | { readonly code: 'AUCTIONEER_STOPPING' }
  /** A stored record contradicts lnd's keys: wrong wallet or wrong data folder. */
  | { readonly code: 'WRONG_WALLET'; readonly what: string }
  /** Our own signatures do not complete the batch: lnd holds other keys, or a bug; nothing was published. */
  | { readonly code: 'BATCH_NOT_SEALED'; readonly what: string }
  /** A message of the stream is not what the protocol allows now; open a new stream. */
  | { readonly code: 'STREAM_PROTOCOL'; readonly what: string }

export class AuctioneerError extends ClmError<AuctioneerErrorDetail> {}

/** Texts that a stock trader looks for (Pool auctioneer/errors.go, auctioneer/batch.go). */
export const TEXT_NO_ORDER = 'no order found'
export const TEXT_NO_BATCH = 'batch snapshot not found'
