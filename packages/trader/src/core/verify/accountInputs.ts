import type { AccountKey } from '@tidepool/crypto'
import { formatOutPoint } from '@tidepool/crypto'
import type { Account, BatchProposal } from '@tidepool/market'
import type { MismatchDetail } from './mismatch.ts'
import type { OwnRecords } from './ownRecords.ts'

/** V-16, V-17: every involved account is spent exactly once, every other own account not at all. */
export function checkAccountInputs(
  involved: ReadonlySet<AccountKey>,
  proposal: BatchProposal,
  own: OwnRecords,
): readonly MismatchDetail[] {
  return [...own.accounts.values()].flatMap(({ account }): readonly MismatchDetail[] => {
    const inputs = accountInputs(account, proposal)
    const accountKey = account.key
    if (!involved.has(accountKey)) return inputs.length > 0 ? [{ code: 'ACCOUNT_SPENT_UNINVOLVED', accountKey }] : []
    if (inputs.length === 0) return [{ code: 'ACCOUNT_INPUT_MISSING', accountKey }]
    return inputs.length > 1 ? [{ code: 'ACCOUNT_INPUT_TWICE', accountKey }] : []
  })
}

/** Indexes of the inputs that spend an account's current output. */
export function accountInputs(account: Account, proposal: BatchProposal): readonly number[] {
  const outpoint = formatOutPoint(account.outpoint)
  return proposal.transaction.inputs.flatMap((input, index) =>
    formatOutPoint(input.prevout) === outpoint ? [index] : [],
  )
}
