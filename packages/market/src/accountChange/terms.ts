import { accountVersion, blockHeight, incrementBatchKey, satoshi } from '@tidepool/crypto'
import type { AccountVersion, BlockHeight } from '@tidepool/crypto'
import { checkAccountExpiry, checkAccountValue, MIN_ACCOUNT_VALUE } from '../account.ts'
import type { Account, NewAccountParams } from '../account.ts'
import { AccountChangeError } from './errors.ts'

/** An account whose next output has no place on the chain yet. */
export type AccountTerms = Omit<Account, 'outpoint'>

/** deposit: coins come in. withdraw: the account alone pays outputs. renew: neither. close: no new output. */
export type AccountChangeKind = 'deposit' | 'withdraw' | 'renew' | 'close'

export interface ChangeLimits {
  /** `max_account_value` of the terms in force. */
  readonly maxValue: bigint
  readonly bestHeight: BlockHeight
}

/** At the expiry height the trader may spend alone. */
export const isExpired = (account: { readonly expiry: BlockHeight }, bestHeight: BlockHeight): boolean =>
  bestHeight >= account.expiry

/** Way of spending an account: alone after expiry, else with the auctioneer. */
export type SpendPath = 'cooperative' | 'expiry'

/** How a close spends the account. Pool account/manager.go `determineWitnessType` */
export const closePath = (account: { readonly expiry: BlockHeight }, bestHeight: BlockHeight): SpendPath =>
  isExpired(account, bestHeight) ? 'expiry' : 'cooperative'

/** The account's next terms: what is asked for, and the batch key one step on. Checks nothing but the types. */
export function changedTerms(account: Account, params: NewAccountParams): AccountTerms {
  const { key, auctioneerKey, secret } = account
  return {
    ...{ key, auctioneerKey, secret },
    value: satoshi(params.value),
    expiry: blockHeight(params.expiry),
    version: accountVersion(params.version),
    batchKey: incrementBatchKey(account.batchKey),
  }
}

const CHANGING = { low: 'take less, or close the account', high: 'add less' } as const

/**
 * Limits on what a change makes of an account. Batches may leave less than the minimum and the maximum may have been
 * lowered since: neither stops a change that leads out of it. An unchanged expiry is not checked.
 * @throws AccountError, AccountChangeError, AccountScriptError
 */
export function checkChangedTerms(account: Account, params: NewAccountParams, limits: ChangeLimits): void {
  const grows = params.value > account.value
  if (!grows || params.value >= MIN_ACCOUNT_VALUE) {
    checkAccountValue(params.value, grows ? limits.maxValue : maxOf(limits.maxValue, account.value), CHANGING)
  }
  checkVersion(account.version, accountVersion(params.version))
  if (params.expiry !== account.expiry) return checkAccountExpiry(params.expiry, limits.bestHeight)
  if (!isExpired(account, limits.bestHeight)) return
  throw new AccountChangeError(
    { code: 'CHANGE_EXPIRY_NOT_MOVED', expiry: params.expiry },
    `the account expired at height ${account.expiry}: choose a later expiry`,
  )
}

function checkVersion(from: AccountVersion, to: AccountVersion): void {
  if (to >= from) return
  throw new AccountChangeError(
    { code: 'CHANGE_VERSION_DOWNGRADE', from, to },
    `the account has version ${from}: it cannot go back to version ${to}: name this one or a newer one`,
  )
}

const maxOf = (a: bigint, b: bigint): bigint => (a > b ? a : b)
