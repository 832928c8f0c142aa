import { formatOutPoint, txidOf } from '@tidepool/crypto'
import { isFunded } from '../account.ts'
import type { TraderAccount } from '../account.ts'

/**
 * Whether a recovery asks for an account although it is on record: it waits for a change that only an auctioneer told
 * of, and that may never have been published; or it looks closed, and may have been moved by a change that is not on
 * record.
 */
export function isDoubtful(account: TraderAccount): boolean {
  if (!isFunded(account)) return account.kind === 'canceledAfterRecovery'
  const told = account.kind === 'pendingUpdate' || account.kind === 'expiredPendingUpdate'
  return account.kind === 'closed' || (told && account.change === undefined)
}

/** Whether what a recovery found takes the place of a doubtful account. */
export function supersedes(found: TraderAccount, known: TraderAccount): boolean {
  if (!isDoubtful(known) || !isFunded(found)) return false
  if (!isFunded(known)) return true
  if (formatOutPoint(found.outpoint) === formatOutPoint(known.outpoint)) return false
  // What ended it here must be what made the output there.
  return known.kind !== 'closed' || found.outpoint.txid === txidOf(known.latestTx)
}
