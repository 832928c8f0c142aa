import { txidOf } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import { isFunded, isSettled } from '../core/account.ts'
import type { FundedAccount, TraderAccount } from '../core/account.ts'
import { reasonOf } from '../core/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Wallet } from '../ports/wallet.ts'

interface Modules {
  readonly wallet: Wallet
  readonly logger: Logger
}

/** Offers an account's latest transaction to the network again; one that is refused is offered with the next block. */
export async function republish(account: TraderAccount, modules: Modules, signal: AbortSignal): Promise<void> {
  if (!isFunded(account)) return
  // A settled account's latest transaction may be a change that came to nothing.
  if (isSettled(account) && txidOf(account.latestTx) !== account.outpoint.txid) return
  if (!isSigned(account.latestTx) || signal.aborted) return
  try {
    await publishLatest(account, modules)
  } catch (error) {
    modules.logger.debug('could not publish again', { account: account.key, reason: reasonOf(error) })
    await publishParent(account, modules).catch(() => undefined)
  }
}

/** Publishing sets the label anew, so the old one goes along. */
async function publishLatest(account: FundedAccount, modules: Modules): Promise<void> {
  const label = account.change?.label ?? (await knownLabel(account.latestTx, modules))
  await modules.wallet.publish(account.latestTx, label)
}

/** What the change spends may have left the chain with it; the change follows with the next block. */
async function publishParent({ change }: FundedAccount, modules: Modules): Promise<void> {
  const parent = change?.parent
  if (parent === undefined || !isSigned(parent)) return
  await modules.wallet.publish(parent, await knownLabel(parent, modules))
}

async function knownLabel(transaction: Transaction, { wallet }: Modules): Promise<string> {
  const id = txidOf(transaction)
  return (await wallet.transactions()).find(({ tx }) => txidOf(tx) === id)?.label ?? ''
}

/** What we can publish: a batch's transaction is the auctioneer's. */
const isSigned = ({ inputs }: Transaction): boolean =>
  inputs.every(({ witness, scriptSig }) => witness.length > 0 || scriptSig.length > 0)
