import { accountOutput, equalBytes, fundingScript, incrementBatchKey, satoshi } from '@tidepool/crypto'
import type { Transaction, TxOutput } from '@tidepool/crypto'
import type { Account, AccountDiff, BatchProposal } from '@tidepool/market'
import { isFunded } from '@tidepool/trader'
import type { FundedAccount } from '@tidepool/trader'
import type { Scene } from '../lie.ts'

/** The victim's accounts that hold money, the one it trades with first. */
export const accountsOf = ({ victim }: Scene): readonly FundedAccount[] =>
  [...victim.trader.ledger.accounts.values()].filter(isFunded).toSorted((a, b) => b.version - a.version)

export function accountOf(scene: Scene): FundedAccount {
  const [account] = accountsOf(scene)
  if (account === undefined) throw new Error('the victim has no account')
  return account
}

/** The script of the account as it is, with one thing changed. */
export const scriptOf = (account: Account, change: Partial<Account> = {}): Uint8Array =>
  accountOutput({ ...account, ...change, traderKey: account.key }).script

/** What the account's next output must be, with one thing changed. */
export function nextScript(scene: Scene, diff: AccountDiff, change: Partial<Account> = {}): Uint8Array {
  const account = accountOf(scene)
  const expiry = diff.newExpiry === 0 ? account.expiry : (diff.newExpiry as typeof account.expiry)
  return scriptOf(account, { batchKey: incrementBatchKey(account.batchKey), expiry, ...change })
}

/** The outputs with one of them changed. */
export const withOutput = (tx: Transaction, index: number, change: (output: TxOutput) => Partial<TxOutput>) => ({
  outputs: tx.outputs.map((output, i) => (i === index ? { ...output, ...change(output) } : output)),
})

/** Where the victim's account goes on. */
export const accountIndex = (batch: BatchProposal): number => batch.accountDiffs[0]?.outpointIndex ?? -1

/** Where the channel of the first match is. */
export function channelIndex(batch: BatchProposal, scene: Scene): number {
  const [match] = batch.matches
  const own = match && scene.victim.trader.ledger.orders.get(match.ownNonce)?.order
  if (match === undefined || own === undefined) return -1
  const kind = own.channelType === 'simpleTaproot' ? 'simpleTaproot' : 'p2wsh'
  const script = fundingScript({ kind, keys: [own.multiSigKey, match.counterpart.multiSigKey] })
  return batch.transaction.outputs.findIndex((output) => equalBytes(output.script, script))
}

/** The auctioneer's own output: neither an account of the victim's nor the channel. */
export const foreignIndex = (batch: BatchProposal, scene: Scene): number =>
  batch.transaction.outputs.findIndex((_, i) => i !== accountIndex(batch) && i !== channelIndex(batch, scene))

export const plus = (output: { readonly value: bigint }, sat: bigint) => ({ value: satoshi(output.value + sat) })
