import type { AccountKey, OutPointText } from '@tidepool/crypto'
import { formatOutPoint, packInputs, txidMark } from '@tidepool/crypto'
import type { BatchProposal } from '@tidepool/market'
import type { MismatchDetail } from './mismatch.ts'
import type { OwnRecords } from './ownRecords.ts'

/** Indexes of the inputs that spend own accounts' current outputs. */
export type AccountInputs = ReadonlyMap<AccountKey, readonly number[]>

/** One look at each input, however many accounts are ours. */
export function accountInputs(proposal: BatchProposal, own: OwnRecords): AccountInputs {
  const owners = new Map<OutPointText, AccountKey>()
  const marks = new Set<number>()
  for (const { account } of own.accounts.values()) {
    owners.set(formatOutPoint(account.outpoint), account.key)
    marks.add(txidMark(account.outpoint.txid))
  }
  const found = new Map<AccountKey, number[]>()
  const inputs = packInputs(proposal.transaction.inputs)
  for (let index = 0; index < inputs.length; index++) {
    const owner = marks.has(inputs.mark(index)) ? owners.get(formatOutPoint(inputs.prevout(index))) : undefined
    if (owner === undefined) continue
    const known = found.get(owner)
    if (known === undefined) found.set(owner, [index])
    else known.push(index)
  }
  return found
}

/** V-16, V-17: every involved account is spent exactly once, every other own account not at all. */
export function checkAccountInputs(
  involved: ReadonlySet<AccountKey>,
  inputs: AccountInputs,
  own: OwnRecords,
): readonly MismatchDetail[] {
  return [...own.accounts.values()].flatMap(({ account }): readonly MismatchDetail[] => {
    const accountKey = account.key
    const count = inputs.get(accountKey)?.length ?? 0
    if (!involved.has(accountKey)) return count > 0 ? [{ code: 'ACCOUNT_SPENT_UNINVOLVED', accountKey }] : []
    if (count === 0) return [{ code: 'ACCOUNT_INPUT_MISSING', accountKey }]
    return count > 1 ? [{ code: 'ACCOUNT_INPUT_TWICE', accountKey }] : []
  })
}
