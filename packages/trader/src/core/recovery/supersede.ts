import { formatOutPoint, txidOf } from '@tidepool/crypto'
import { isFunded } from '../account.ts'
import type { FundedAccount, TraderAccount } from '../account.ts'

/**
 * Whether a recovery asks for an account although it is on record: all that speaks for it is what an auctioneer said in
 * an earlier one; it waits for a change that may never have been published; or it looks closed, and may have been moved
 * by a change that is not on record.
 */
export function isDoubtful(account: TraderAccount): boolean {
  if (!isFunded(account)) return account.kind === 'canceledAfterRecovery'
  if (account.unseen === true) return true
  const told = account.kind === 'pendingUpdate' || account.kind === 'expiredPendingUpdate'
  return account.kind === 'closed' || (told && account.change === undefined)
}

/** Whether what a recovery found takes the place of a doubtful account. */
export function supersedes(found: TraderAccount, known: TraderAccount): boolean {
  if (!isDoubtful(known) || !isFunded(found)) return false
  if (!isFunded(known)) return true
  if (known.unseen === true) return !isSame(found, known)
  if (formatOutPoint(found.outpoint) === formatOutPoint(known.outpoint)) return false
  // What ended it here must be what made the output there.
  return known.kind !== 'closed' || found.outpoint.txid === txidOf(known.latestTx)
}

/** Told the same again. */
const isSame = (a: FundedAccount, b: FundedAccount): boolean =>
  a.kind === b.kind &&
  formatOutPoint(a.outpoint) === formatOutPoint(b.outpoint) &&
  txidOf(a.latestTx) === txidOf(b.latestTx) &&
  [a.value, a.expiry, a.version, a.batchKey, a.heightHint].join(' ') ===
    [b.value, b.expiry, b.version, b.batchKey, b.heightHint].join(' ')
