import { classifySpend, txidOf, itemAt } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { AccountEvent } from '../core/accountLifecycle.ts'
import type { FundedAccount } from '../core/account.ts'
import type { ConfirmedSpend } from '../ports/chain.ts'
import type { Logger } from '../ports/logger.ts'
import { nextOutput } from './accountScan.ts'
import type { Ledger } from './ledger.ts'
import { isFunded, outputTerms } from '../core/account.ts'

export interface SpendModules {
  readonly ledger: Ledger
  readonly logger: Logger
  /** Applies the staged batch when this is its transaction; a missed Finalize is made up for here. */
  readonly batchConfirmed: (spend: ConfirmedSpend) => Promise<void>
}

/**
 * What a confirmed spend of an account's output means, or undefined when nothing is left to do.
 * Pool account/manager.go
 */
export async function eventOfSpend(
  account: FundedAccount,
  spend: ConfirmedSpend,
  modules: SpendModules,
): Promise<AccountEvent | undefined> {
  const final: AccountEvent = { kind: 'spentFinally', tx: spend.tx, height: spend.height }
  const late = lateChange(account, spend)
  if (late !== undefined) return late
  const how = classifySpend(itemAt(spend.tx.inputs, spend.inputIndex)?.witness ?? [])
  if (account.kind === 'pendingClosed') return overtaken(account, spend, how) ?? final
  if (how === 'expiry') return final
  if (how === 'unknown') {
    modules.logger.error('account output spent in an unknown way', { account: account.key, height: spend.height })
    return undefined
  }
  await modules.batchConfirmed(spend)
  const now = current(modules.ledger, account.key)
  if (now === undefined || now.outpoint.txid !== account.outpoint.txid || now.kind !== account.kind) return undefined
  const outcome = nextOutput(now, spend.tx, spend.height)
  if (outcome === undefined) return final
  modules.logger.warn('account moved by a batch or change that is not on record', {
    account: account.key,
    height: spend.height,
  })
  return { kind: 'batchApplied', outcome, tx: spend.tx, heightHint: spend.height }
}

/** A batch confirmed in place of our own close: signed before it, so that only the chain could tell which of the two it is. */
function overtaken(
  account: FundedAccount,
  { tx, height }: ConfirmedSpend,
  how: ReturnType<typeof classifySpend>,
): AccountEvent | undefined {
  if (how === 'expiry' || how === 'unknown' || account.change === undefined) return undefined
  if (txidOf(tx) === txidOf(account.latestTx)) return undefined
  const goesOn = nextOutput({ ...account, ...account.change.from }, tx, height) !== undefined
  return goesOn ? { kind: 'changeVoid', height } : undefined
}

/** A change that was given up and confirmed after all. */
function lateChange(account: FundedAccount, { tx, height }: ConfirmedSpend): AccountEvent | undefined {
  const txid = txidOf(tx)
  const found = account.givenUp?.find((one) => one.next.outpoint.txid === txid)
  if (found === undefined) return undefined
  // Of an account that is being closed, its own terms hold no value any more.
  const change = { from: account.change?.from ?? outputTerms(account), coins: [], label: '' }
  return { kind: 'changed', next: found.next, tx, change, heightHint: height }
}

function current(ledger: Ledger, key: AccountKey): FundedAccount | undefined {
  const account = ledger.accounts.get(key)
  return account !== undefined && isFunded(account) ? account : undefined
}
