import {
  ClmError,
  accountScript,
  accountVersion,
  type AccountVersion,
  type AccountKey,
  type BatchKey,
  type BlockHeight,
  type OutPoint,
  type PubKey,
  type Satoshi,
} from '@tidepool/crypto'

export type { AccountVersion }

/** What both sides must know alike about an account; each adds its own state. */
export interface Account {
  readonly key: AccountKey
  readonly value: Satoshi
  readonly expiry: BlockHeight
  readonly version: AccountVersion
  readonly auctioneerKey: PubKey
  /** Counter of this account's own outputs, not the auction's. */
  readonly batchKey: BatchKey
  /** Shared secret of trader and auctioneer key, 32 bytes. */
  readonly secret: Uint8Array
  readonly outpoint: OutPoint
}

/** scriptPubKey of the account's output as it stands. */
export const accountScriptOf = (account: Account): Uint8Array => accountScript({ ...account, traderKey: account.key })

export type AccountErrorDetail =
  /** Value below 100,000 sat; ask for more. */
  | { readonly code: 'ACCOUNT_VALUE_TOO_LOW'; readonly value: string; readonly min: string }
  /** Value above the auctioneer's maximum; ask for less. */
  | { readonly code: 'ACCOUNT_VALUE_TOO_HIGH'; readonly value: string; readonly max: string }
  /** Expiry nearer than 144 blocks; choose a later height. */
  | { readonly code: 'ACCOUNT_EXPIRY_TOO_SOON'; readonly expiry: number; readonly min: number }
  /** Expiry farther than 52,560 blocks; choose an earlier height. */
  | { readonly code: 'ACCOUNT_EXPIRY_TOO_FAR'; readonly expiry: number; readonly max: number }
  /** Terms name a maximum account value of zero, from which no confirmation count follows. */
  | { readonly code: 'ACCOUNT_MAXIMUM_ZERO' }
  /** A batch gives an account a version that its batch version does not carry; the batch must be refused. */
  | { readonly code: 'ACCOUNT_UPGRADE_REFUSED'; readonly accountKey: AccountKey; readonly newVersion: number }

export class AccountError extends ClmError<AccountErrorDetail> {}

/** Pool account/manager.go. */
export const MIN_ACCOUNT_VALUE = 100_000n
export const MIN_EXPIRY_BLOCKS = 144
export const MAX_EXPIRY_BLOCKS = 52_560

const MIN_CONFIRMATIONS = 3
/** Enough for an account of any size. */
export const MAX_CONFIRMATIONS = 6

/** What to do about a value out of bounds. */
export interface ValueAdvice {
  readonly low: string
  readonly high: string
}

const OPENING: ValueAdvice = { low: 'open a larger account', high: 'open a smaller account, or several' }

/** Limits on opening, and on the new value of every modification. @throws AccountError ACCOUNT_VALUE_* */
export function checkAccountValue(value: bigint, max: bigint, advice: ValueAdvice = OPENING): void {
  if (value < MIN_ACCOUNT_VALUE) {
    throw new AccountError(
      { code: 'ACCOUNT_VALUE_TOO_LOW', value: String(value), min: String(MIN_ACCOUNT_VALUE) },
      `account value ${value} sat: the minimum is ${MIN_ACCOUNT_VALUE}: ${advice.low}`,
    )
  }
  if (value > max) {
    throw new AccountError(
      { code: 'ACCOUNT_VALUE_TOO_HIGH', value: String(value), max: String(max) },
      `account value ${value} sat: the maximum is ${max}: ${advice.high}`,
    )
  }
}

/** 144 to 52,560 blocks ahead, both included. @throws AccountError ACCOUNT_EXPIRY_* */
export function checkAccountExpiry(expiry: number, bestHeight: BlockHeight): void {
  const min = bestHeight + MIN_EXPIRY_BLOCKS
  const max = bestHeight + MAX_EXPIRY_BLOCKS
  if (expiry < min) {
    throw new AccountError(
      { code: 'ACCOUNT_EXPIRY_TOO_SOON', expiry, min },
      `account expiry ${expiry}: choose ${min} or later`,
    )
  }
  if (expiry > max) {
    throw new AccountError(
      { code: 'ACCOUNT_EXPIRY_TOO_FAR', expiry, max },
      `account expiry ${expiry}: choose ${max} or earlier`,
    )
  }
}

export interface NewAccountParams {
  readonly value: bigint
  readonly expiry: number
  readonly version: number
}

/** All limits on opening an account (Pool account/manager.go `validateAccountParams`). @throws AccountError, AccountScriptError */
export function checkNewAccount(params: NewAccountParams, maxValue: bigint, bestHeight: BlockHeight): void {
  checkAccountValue(params.value, maxValue)
  checkAccountExpiry(params.expiry, bestHeight)
  accountVersion(params.version)
}

/**
 * Confirmations before an output of `value` counts: clamp(floor(6 * value / max), 3, 6), with the maximum of the
 * terms in force (Pool account/manager.go `NumConfsForValue`). @throws AccountError ACCOUNT_MAXIMUM_ZERO
 */
export function confirmationsNeeded(value: bigint, max: bigint): number {
  if (max <= 0n)
    throw new AccountError({ code: 'ACCOUNT_MAXIMUM_ZERO' }, 'the auctioneer names no maximum account value')
  const scaled = Number((BigInt(MAX_CONFIRMATIONS) * value) / max)
  return Math.min(MAX_CONFIRMATIONS, Math.max(MIN_CONFIRMATIONS, scaled))
}

/**
 * Blocks within which lnd tells of what is in the chain. What it is asked for because it was there, and does not tell by
 * then, was undone by a reorganisation while nobody watched.
 */
export const TOLD_WITHIN = 3

/** Confirmations of a conflicting transaction after which nobody waits for a batch any more. */
export const VOID_DEPTH = 3
