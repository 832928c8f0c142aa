import type { BlockHeight } from '@tidepool/crypto'
import { isActive } from './account.ts'
import type { TraderAccount } from './account.ts'

/** Blocks before the expiry at which the owner is told, about: a week, three days, a day, six hours, an hour. */
const THRESHOLDS: readonly number[] = [1008, 432, 144, 36, 6, 0]

export interface ExpiryHint {
  readonly blocksLeft: number
  /** Lowest threshold reached; a hint is worth repeating when it falls. */
  readonly threshold: number
  readonly advice: string
}

/** What an account's owner should do about its expiry, if it is near. */
export function expiryHint(account: TraderAccount, best: BlockHeight): ExpiryHint | undefined {
  if (!isActive(account) || account.kind === 'pendingClosed' || account.kind === 'initiated') return undefined
  const blocksLeft = Math.max(account.expiry - best, 0)
  const threshold = THRESHOLDS.findLast((limit) => blocksLeft <= limit)
  if (threshold === undefined) return undefined
  const advice =
    blocksLeft === 0
      ? 'it has expired: its orders are not matched any more; renew it, or close it alone'
      : 'renew it to keep its orders matched, or close it'
  return { blocksLeft, threshold, advice }
}
