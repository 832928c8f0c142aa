import type { AccountKey, Satoshi } from '@tidepool/crypto'
import { satoshi } from '@tidepool/crypto'
import type { Account, BatchProposal } from '@tidepool/market'
import { chainFeeShare } from '@tidepool/market'
import type { MatchAmounts } from './matchAmounts.ts'
import type { MatchView } from './matchView.ts'
import type { OwnRecords } from './ownRecords.ts'

/** One involved account with the sum of what the batch does to it. */
export interface AccountTally {
  readonly account: Account
  readonly channels: number
  readonly executionFee: Satoshi
  readonly chainFee: Satoshi
  /** Negative when the account is charged more than it holds. */
  readonly endingBalance: bigint
}

/** Value plus all deltas minus one chain fee share per account, by account key. Pool order/tradingfees.go */
export function tallyAccounts(
  matches: readonly { readonly view: MatchView; readonly amounts: MatchAmounts }[],
  proposal: BatchProposal,
  own: OwnRecords,
): ReadonlyMap<AccountKey, AccountTally> {
  const groups = new Map<AccountKey, { account: Account; amounts: MatchAmounts[] }>()
  for (const { view, amounts } of matches) {
    const { accountKey } = view.own.order
    const account = own.accounts.get(accountKey)?.account
    if (account === undefined) continue
    const group = groups.get(accountKey) ?? { account, amounts: [] }
    group.amounts.push(amounts)
    groups.set(accountKey, group)
  }
  const tallies = [...groups.values()].map(({ account, amounts }) => tally(account, amounts, proposal))
  return new Map(tallies.map((entry) => [entry.account.key, entry]))
}

/** The fee share is that of the version being spent, even when the batch upgrades it (V-13). */
function tally(account: Account, amounts: readonly MatchAmounts[], proposal: BatchProposal): AccountTally {
  const channels = amounts.length
  const chainFee = chainFeeShare(channels, proposal.feeRate, account.version)
  const delta = amounts.reduce((sum, amount) => sum + amount.delta, 0n)
  const executionFee = satoshi(amounts.reduce((sum, amount) => sum + amount.executionFee, 0n))
  return { account, channels, executionFee, chainFee, endingBalance: account.value + delta - chainFee }
}
