import type { AccountKey } from '@tidepool/crypto'
import type { AccountDiff } from '@tidepool/market'
import type { MismatchDetail } from './mismatch.ts'

/** V-16: exactly one diff for each involved account, none for any other. */
export function checkDiffs(
  involved: ReadonlySet<AccountKey>,
  diffs: readonly AccountDiff[],
): readonly MismatchDetail[] {
  const mismatches: MismatchDetail[] = []
  const seen = new Set<AccountKey>()
  for (const { accountKey } of diffs) {
    if (!involved.has(accountKey)) mismatches.push({ code: 'DIFF_UNINVOLVED', accountKey })
    else if (seen.has(accountKey)) mismatches.push({ code: 'DIFF_TWICE', accountKey })
    seen.add(accountKey)
  }
  const missing = [...involved].filter((accountKey) => !seen.has(accountKey))
  return [...mismatches, ...missing.map((accountKey): MismatchDetail => ({ code: 'DIFF_MISSING', accountKey }))]
}
