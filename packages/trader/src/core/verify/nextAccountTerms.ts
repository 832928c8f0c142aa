import type { BlockHeight } from '@tidepool/crypto'
import { blockHeight } from '@tidepool/crypto'
import type { Account, AccountDiff, AccountVersion } from '@tidepool/market'
import { supportsExpiryExtension, supportsTaprootUpgrade, supportsTaprootV2 } from '@tidepool/market'
import type { MismatchDetail } from './mismatch.ts'
import type { OwnRecords } from './ownRecords.ts'

/** Expiry and version of an account's next output, or what is wrong with those proposed. */
export interface NextTerms {
  readonly expiry: BlockHeight
  readonly version: AccountVersion
  readonly mismatches: readonly MismatchDetail[]
}

/** Blocks by which the auctioneer may see a newer tip than we do. */
const HEIGHT_SLACK = 3

/** Applies what the diff may change, as far as the batch version carries it; the rest is ignored, as Pool does. */
export function nextTerms(account: Account, diff: AccountDiff, own: OwnRecords): NextTerms {
  const expiry = nextExpiry(account, diff, own)
  const version = nextVersion(account, diff, own)
  return {
    expiry: typeof expiry === 'number' ? expiry : account.expiry,
    version: typeof version === 'number' ? version : account.version,
    mismatches: [expiry, version].filter((entry) => typeof entry !== 'number'),
  }
}

/** V-03, V-21: never lower, never out of the trader's reach. */
function nextExpiry(account: Account, diff: AccountDiff, own: OwnRecords): BlockHeight | MismatchDetail {
  const got = diff.newExpiry
  if (got === 0 || !supportsExpiryExtension(own.batchVersion)) return account.expiry
  if (got < account.expiry) {
    return { code: 'NEW_EXPIRY_LOWERED', accountKey: account.key, got, current: account.expiry }
  }
  const latest = own.bestHeight + longestExtension(own)
  return got <= latest ? blockHeight(got) : { code: 'NEW_EXPIRY_TOO_FAR', accountKey: account.key, got, latest }
}

function longestExtension({ limits }: OwnRecords): number {
  const terms = limits.autoRenewExtension
  return terms === undefined ? limits.maxExpiryAhead : Math.min(limits.maxExpiryAhead, terms + HEIGHT_SLACK)
}

/** V-22: a version that is not higher, or that the batch version does not carry at all, is ignored. */
function nextVersion(account: Account, diff: AccountDiff, own: OwnRecords): AccountVersion | MismatchDetail {
  const version = diff.newVersion
  if (version <= account.version || !supportsTaprootUpgrade(own.batchVersion)) return account.version
  if (version === 1) return 1
  if (version !== 2) return { code: 'NEW_VERSION_UNKNOWN', accountKey: account.key, version }
  return supportsTaprootV2(own.batchVersion) ? 2 : { code: 'NEW_VERSION_UNSUPPORTED', accountKey: account.key, version }
}
