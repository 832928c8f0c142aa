import { blockHeight, incrementBatchKey, satoshi, type BatchKey, type BlockHeight, type Txid } from '@tidepool/crypto'
import { AccountError, type Account, type AccountVersion } from './account.ts'
import type { AccountDiff, AccountEndingState, BatchVersion } from './batch.ts'
import { supportsExpiryExtension, supportsTaprootUpgrade, supportsTaprootV2 } from './batchVersion.ts'
import { ACCOUNT_DUST } from './chainFee.ts'

/** What of the account's script a batch changes. */
export interface NextAccountTerms {
  readonly batchKey: BatchKey
  readonly expiry: BlockHeight
  readonly version: AccountVersion
}

type TermsChange = Pick<AccountDiff, 'newExpiry' | 'newVersion'>

/**
 * Batch key + G; the new expiry where the batch version carries extensions; the new version where it carries upgrades.
 * What it does not carry is ignored (Pool order/batch.go). @throws AccountError ACCOUNT_UPGRADE_REFUSED for an upgrade
 * that would take effect but is unknown or lacks its flag (client gap V-22)
 */
export function nextAccountTerms(account: Account, change: TermsChange, version: BatchVersion): NextAccountTerms {
  const extended = change.newExpiry !== 0 && supportsExpiryExtension(version)
  return {
    batchKey: incrementBatchKey(account.batchKey),
    expiry: extended ? blockHeight(change.newExpiry) : account.expiry,
    version: nextVersion(account, change.newVersion, version),
  }
}

function nextVersion(account: Account, newVersion: number, version: BatchVersion): AccountVersion {
  if (newVersion <= account.version || !supportsTaprootUpgrade(version)) return account.version
  if (newVersion === 1) return 1
  if (newVersion === 2 && supportsTaprootV2(version)) return 2
  throw new AccountError(
    { code: 'ACCOUNT_UPGRADE_REFUSED', accountKey: account.key, newVersion },
    `account upgrade to version ${newVersion} is not supported by batch version ${version}`,
  )
}

/** How an account must end with this balance; the auctioneer never uses `dustExtendedOffchain`. */
export function endingStateFor(balance: bigint): AccountEndingState {
  if (balance >= ACCOUNT_DUST) return 'recreated'
  return balance === 0n ? 'fullySpent' : 'dustAddedToFees'
}

/** Whether state and output index of a diff fit its balance (Pool order/batch_verifier.go). */
export function endingStateFits(diff: Pick<AccountDiff, 'endingBalance' | 'endingState' | 'outpointIndex'>): boolean {
  const recreated = diff.endingBalance >= ACCOUNT_DUST
  return (diff.endingState === 'recreated') === recreated && diff.outpointIndex >= 0 === recreated
}

/** The account after a batch, or undefined when its output is not recreated. @throws as nextAccountTerms */
export function nextAccount(
  account: Account,
  diff: AccountDiff,
  version: BatchVersion,
  batchTxid: Txid,
): Account | undefined {
  if (diff.endingState !== 'recreated') return undefined
  return {
    ...account,
    ...nextAccountTerms(account, diff, version),
    value: satoshi(diff.endingBalance),
    outpoint: { txid: batchTxid, index: diff.outpointIndex },
  }
}
