import { ClmError, isClmError } from '@tidepool/crypto'
import type { AccountKey, OrderNonce } from '@tidepool/crypto'

/** Why the daemon is not (yet) trading: shown by every call until it is mended, and tried again by itself. */
export type StartupErrorDetail =
  /** lnd does not answer at its address; start it or correct `--lnd.host`, no restart needed. */
  | { readonly code: 'LND_UNREACHABLE'; readonly host: string; readonly reason: string }
  /** lnd's wallet is locked or not created; unlock it, no restart needed. */
  | { readonly code: 'LND_LOCKED'; readonly state: string }
  /** lnd is still starting or catching up with the chain; wait. */
  | { readonly code: 'LND_NOT_SYNCED'; readonly height: number }
  /** lnd is older than we support; update it. */
  | { readonly code: 'LND_TOO_OLD'; readonly version: string; readonly minimum: string }
  /** lnd was built without sub-servers we need; use a release build. */
  | { readonly code: 'LND_SUBSERVER_MISSING'; readonly missing: readonly string[] }
  /** lnd runs on another network than we do; change one of the two. */
  | { readonly code: 'LND_WRONG_NETWORK'; readonly lnd: string; readonly ours: string }
  /** lnd refuses our macaroon, or it cannot be read; correct `--lnd.macaroonpath`. */
  | { readonly code: 'LND_MACAROON_REFUSED'; readonly path: string; readonly reason: string }
  /** lnd's certificate cannot be read or does not match; correct `--lnd.tlspath`. */
  | { readonly code: 'LND_TLS_FAILED'; readonly path: string; readonly reason: string }
  /** A stored account does not belong to this lnd's seed; connect the lnd it was opened with. */
  | { readonly code: 'LND_WRONG_SEED'; readonly account: AccountKey }
  /** The auctioneer does not answer; it is tried again for ever, check `--auctionserver` when it lasts. */
  | { readonly code: 'AUCTIONEER_UNREACHABLE'; readonly server: string; readonly reason: string }
  /** Start-up is under way; try again in a moment. */
  | { readonly code: 'DAEMON_STARTING' }

export class StartupError extends ClmError<StartupErrorDetail> {}

export type TraderErrorDetail =
  /** A field of a request is missing, malformed or contradicts another; correct it. */
  | { readonly code: 'REQUEST_INVALID'; readonly field: string; readonly reason: string }
  /** This daemon has no such account. */
  | { readonly code: 'TRADER_ACCOUNT_UNKNOWN'; readonly account: AccountKey }
  /** lnd's wallet could not make the funding transaction; add coins or lower value or fee rate. */
  | { readonly code: 'WALLET_CANNOT_FUND'; readonly reason: string }
  /** A fee rate below what nodes relay; use at least 253 sat/kw. */
  | { readonly code: 'FEE_RATE_TOO_LOW'; readonly rate: string; readonly minimum: string }
  /** The auctioneer refuses the account; its reason says why. Versions are never lowered by us. */
  | { readonly code: 'ACCOUNT_REFUSED'; readonly reason: string }
  /** The keys the auctioneer reserved make an account that only its own word could find again; nothing was funded. */
  | { readonly code: 'RESERVATION_UNUSABLE'; readonly reason: string }
  /** The caller chose the nonce, so nobody holds the preimage that cancels the order; it ends when filled. */
  | { readonly code: 'ORDER_WITHOUT_PREIMAGE'; readonly nonce: OrderNonce }
  /** The auctioneer's terms are beyond what the owner allows; nothing was signed. Raise the limits if they are right. */
  | { readonly code: 'EXECUTION_FEE_TOO_HIGH'; readonly baseFee: string; readonly feeRatePpm: string }
  /** No finished batch of this id is known here. */
  | { readonly code: 'TRADER_BATCH_UNKNOWN'; readonly batchId: string }
  /** A channel backup is not one, or of a kind we do not know. */
  | { readonly code: 'BACKUP_UNREADABLE'; readonly reason: string }
  /** lnd's channel is not the one agreed in the batch; our coins stay where they are. */
  | { readonly code: 'CHANNEL_MISMATCH'; readonly field: string; readonly expected: string; readonly got: string }
  /** The auctioneer refuses to subscribe the account; see its reason. */
  | {
      readonly code: 'SUBSCRIPTION_REFUSED'
      readonly account: AccountKey
      readonly reason: string
      /** It knows the account only as a reservation: it was never told of its funding. */
      readonly onlyReserved: boolean
    }
  /** The auctioneer's challenge would make our answer the signature of an order; it is not signed. */
  | { readonly code: 'CHALLENGE_IS_ORDER'; readonly account: AccountKey }
  /** The auction stream is down; the daemon reconnects by itself. */
  | { readonly code: 'AUCTION_STREAM_DOWN' }
  /** lnd signed with another key than asked for; check that the node is the one the account was opened with. */
  | { readonly code: 'SIGNATURE_INVALID'; readonly account: AccountKey }
  /** lnd, or the bitcoind asked instead, sent no readable block; check that it is synced, then try again. */
  | { readonly code: 'BLOCK_UNREADABLE'; readonly reason: string }
  /** Blocks cannot be fetched; check lnd or the `bitcoin_` settings, the search goes on where it was. */
  | { readonly code: 'BLOCKS_UNREACHABLE'; readonly reason: string }
  /** A recovery is under way; wait for its end, or stop it. */
  | { readonly code: 'RECOVERY_RUNNING' }
  /** The search was stopped; the same call again goes on where it was. */
  | { readonly code: 'RECOVERY_STOPPED' }
  /** The auctioneer's answer to a recovery cannot be used; nothing was stored, recover without it if that stays so. */
  | { readonly code: 'RECOVERY_REFUSED'; readonly account: AccountKey; readonly reason: string }
  /** The call exists in the API but not in this daemon. */
  | { readonly code: 'NOT_SUPPORTED'; readonly method: string }
  /** A macaroon is not ours and may be the stock daemon's, whose key lnd has to open first; start or unlock lnd. */
  | { readonly code: 'STOCK_MACAROON_TOO_EARLY' }
  /** The stock daemon's `macaroons.db` gives no key, so its macaroons stay refused; the reason says why. */
  | { readonly code: 'STOCK_MACAROONS_UNREADABLE'; readonly reason: string }
  /** Flags, file or environment make no valid configuration; correct them and start again. */
  | { readonly code: 'CONFIG_INVALID'; readonly reason: string }

  /** The account's state does not allow the operation; the message says what to do. */
  | {
      readonly code: 'ACCOUNT_STATE_REFUSED'
      readonly account: AccountKey
      readonly state: string
      readonly operation: string
    }
  /** A batch with this account is being agreed or waits to be final; try again once it is. */
  | { readonly code: 'ACCOUNT_IN_BATCH'; readonly account: AccountKey }
  /** Another change of this account is being made right now; try again in a moment. */
  | { readonly code: 'ACCOUNT_BUSY'; readonly account: AccountKey }
  /** Open orders would lose their account; cancel them first. */
  | { readonly code: 'ACCOUNT_ORDERS_OPEN'; readonly account: AccountKey; readonly orders: readonly OrderNonce[] }
  /** What would be left does not carry the account's open orders; cancel some, or leave more. */
  | {
      readonly code: 'ACCOUNT_BALANCE_RESERVED'
      readonly account: AccountKey
      readonly orders: readonly OrderNonce[]
      readonly reserved: string
      readonly value: string
    }
  /** The auctioneer refuses the change; its reason says why. Nothing changed here. */
  | { readonly code: 'CHANGE_REFUSED'; readonly account: AccountKey; readonly reason: string }
  /** The auctioneer's signature does not fit what was asked for; nothing was stored, try again. */
  | { readonly code: 'AUCTIONEER_SIGNATURE_INVALID'; readonly account: AccountKey }
  /** lnd chose coins in a way we did not ask for; nothing was signed, its coins are free again. */
  | { readonly code: 'WALLET_FUNDING_UNEXPECTED'; readonly what: string }
  /** The chain refuses the transaction; the account is as it was, try again with another fee rate. */
  | { readonly code: 'CHANGE_NOT_PUBLISHED'; readonly account: AccountKey; readonly reason: string }
  /** No output of the account's last transaction belongs to the wallet, so the wallet cannot pay more for it; wait. */
  | { readonly code: 'NO_OUTPUT_TO_BUMP'; readonly account: AccountKey }

export class TraderError extends ClmError<TraderErrorDetail> {}

/** A request field that cannot be used. */
export function invalid(field: string, reason: string): TraderError {
  return new TraderError({ code: 'REQUEST_INVALID', field, reason }, `${field}: ${reason}`)
}

/** Text of anything thrown, for reasons and logs. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Codes of anything thrown and of what caused it, for logs. */
export function errorCodes(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return []
  const code = isClmError(error) ? error.code : 'UNEXPECTED'
  return [code, ...errorCodes(error.cause)]
}
