import type { Account, AccountVersion } from '../account.ts'
import type { AccountDiff, BatchVersion } from '../batch.ts'
import { supportsExpiryExtension, supportsTaprootUpgrade, supportsTaprootV2 } from '../batchVersion.ts'
import type { ConstructContext } from './batchTypes.ts'

/**
 * Extension and upgrade that a recreated account gets, zeros for none: the expiry moves to `extendExpiry` blocks ahead
 * when it is nearer than that, never back; the version rises as far as the trader's batch version carries.
 */
export function termsChange(
  account: Account,
  version: BatchVersion,
  context: Pick<ConstructContext, 'extendExpiry' | 'upgradeTo' | 'heightHint'>,
): Pick<AccountDiff, 'newExpiry' | 'newVersion'> {
  const extended = context.heightHint + (context.extendExpiry ?? 0)
  const extend = context.extendExpiry !== undefined && supportsExpiryExtension(version) && account.expiry < extended
  const upgraded = Math.min(context.upgradeTo ?? 0, highestVersion(version))
  return { newExpiry: extend ? extended : 0, newVersion: upgraded > account.version ? upgraded : 0 }
}

function highestVersion(version: BatchVersion): AccountVersion {
  if (!supportsTaprootUpgrade(version)) return 0
  return supportsTaprootV2(version) ? 2 : 1
}
