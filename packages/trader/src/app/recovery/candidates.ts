import { accountKey, formatOutPoint, txidOf } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { candidatesOf } from '../../core/recovery/outputIndex.ts'
import type { CandidateOutput } from '../../core/recovery/outputIndex.ts'
import type { LabelledExpiries } from '../../core/recovery/searchPlan.ts'
import type { HistoricTransaction } from '../../ports/history.ts'

/** The smallest account there is. Pool account/manager.go */
const MIN_ACCOUNT_VALUE = 100_000n

/**
 * Outputs of the wallet's transactions that may be an account's first: of a kind accounts have, not the wallet's own,
 * not a known channel, and large enough.
 */
export function candidateOutputs(
  history: readonly HistoricTransaction[],
  channels: ReadonlySet<string>,
): readonly CandidateOutput[] {
  return history.flatMap(({ tx, height, ownOutputs }) =>
    candidatesOf(tx, txidOf(tx), height).filter(
      ({ outpoint, value }) =>
        !ownOutputs.has(outpoint.index) && value >= MIN_ACCOUNT_VALUE && !channels.has(formatOutPoint(outpoint)),
    ),
  )
}

/** Expiries that labels of funding transactions tell; lnd forgets labels when it is restored from its seed. */
export function labelledExpiries(history: readonly HistoricTransaction[]): LabelledExpiries {
  const out = new Map<AccountKey, readonly number[]>()
  for (const { label } of history) {
    const told = readExpiry(label)
    if (told !== undefined) out.set(told.key, [...(out.get(told.key) ?? []), told.expiry])
  }
  return out
}

function readExpiry(label: string): { readonly key: AccountKey; readonly expiry: number } | undefined {
  const at = label.indexOf('poold -- ')
  if (at < 0) return undefined
  try {
    const { account } = JSON.parse(label.slice(at + 'poold -- '.length)) as {
      readonly account?: { readonly key?: unknown; readonly expiry_height?: unknown }
    }
    const expiry = account?.expiry_height
    if (typeof account?.key !== 'string' || typeof expiry !== 'number' || !Number.isSafeInteger(expiry))
      return undefined
    return { key: accountKey(account.key), expiry }
  } catch {
    return undefined
  }
}
