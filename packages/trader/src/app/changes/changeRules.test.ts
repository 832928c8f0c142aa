import { blockHeight, isClmError } from '@tidepool/crypto'
import type { BlockHeight } from '@tidepool/crypto'
import { expect, it } from 'vitest'
import { accountIn } from '../../../test/kit/samples.ts'
import type { AccountKind, TraderAccount } from '../../core/account.ts'
import { checkState } from './changeRules.ts'
import type { ChangeOperation } from './changeRules.ts'

/** Of the sample account. */
const EXPIRY = 3_000
const OPERATIONS: readonly ChangeOperation[] = ['deposit', 'withdraw', 'renew', 'close', 'bump']

function allowed(kind: AccountKind, height: number): string {
  const account = accountIn(kind)
  return OPERATIONS.filter((operation) => outcome(account, operation, blockHeight(height)) === undefined).join(' ')
}

function outcome(account: TraderAccount, operation: ChangeOperation, height: BlockHeight): string | undefined {
  try {
    checkState(account, operation, height)
    return undefined
  } catch (error) {
    if (!isClmError(error)) throw error
    expect(error).toMatchObject({ code: 'ACCOUNT_STATE_REFUSED', detail: { state: account.kind, operation } })
    return error.message
  }
}

it.each<[AccountKind, string, string]>([
  ['initiated', '', ''],
  ['pendingOpen', 'bump', 'close bump'],
  ['pendingUpdate', 'bump', 'close bump'],
  ['pendingBatch', '', 'close'],
  ['open', 'deposit withdraw renew close', 'renew close'],
  ['expired', 'renew close', 'renew close'],
  ['expiredPendingUpdate', 'bump', 'close bump'],
  ['pendingClosed', 'bump', 'close bump'],
  ['closed', '', ''],
  ['canceledAfterRecovery', '', ''],
])('%s allows before its expiry: %s; from then on: %s', (kind, before, after) => {
  expect(allowed(kind, EXPIRY - 1)).toBe(before)
  expect(allowed(kind, EXPIRY)).toBe(after)
})

it.each<[AccountKind, ChangeOperation, RegExp]>([
  ['pendingUpdate', 'deposit', /accounts bumpfee/],
  ['pendingOpen', 'close', /accounts bumpfee/],
  ['pendingBatch', 'withdraw', /wait for its confirmations/],
  ['pendingClosed', 'renew', /accounts bumpfee/],
  ['expired', 'deposit', /accounts renew.*accounts close/],
  ['open', 'bump', /nothing waits/],
  ['initiated', 'close', /wait for its first transaction/],
])('%s refuses %s and says what to do', (kind, operation, advice) => {
  const account = accountIn(kind)
  expect(outcome(account, operation, blockHeight(1_000))).toMatch(advice)
})
