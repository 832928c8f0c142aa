import { blockHeight, classifySpend, satoshi } from '@tidepool/crypto'
import type { BlockHeight, OutPoint, Transaction } from '@tidepool/crypto'
import type { FundedAccount, TraderAccount } from '../account.ts'
import { isFunded } from '../account.ts'
import { MAX_TERM } from './likelyExpiries.ts'
import { locateNext } from './locateOutput.ts'

interface WalletsTransaction {
  readonly tx: Transaction
  /** Indices of outputs that belong to the wallet itself: no account is among them. */
  readonly ownOutputs: ReadonlySet<number>
}

/**
 * The account after changes of its owner that only the wallet knows yet: neither an auctioneer nor the chain may have
 * seen them when the records were lost. Each becomes a pending update, or a pending close.
 */
export function newestInWallet(
  account: TraderAccount,
  transactions: readonly WalletsTransaction[],
  tip: BlockHeight,
): TraderAccount {
  if (!isFunded(account) || account.kind === 'closed') return account
  const found = spenderOf(account.outpoint, transactions)
  if (found === undefined) return account
  const next = afterSpend(account, found, tip)
  return next.kind === 'pendingClosed' ? next : newestInWallet(next, transactions, tip)
}

interface Found extends WalletsTransaction {
  readonly witness: readonly Uint8Array[]
}

function afterSpend(
  account: FundedAccount,
  { tx: latestTx, ownOutputs, witness }: Found,
  tip: BlockHeight,
): FundedAccount {
  const range = { from: Math.max(1, tip - MAX_TERM), to: tip + MAX_TERM }
  const located =
    classifySpend(witness) === 'expiry' ? undefined : locateNext(account, latestTx, tip, range, ownOutputs)
  if (located === undefined) return { ...account, kind: 'pendingClosed', value: satoshi(0), latestTx }
  return { ...account, ...located, kind: 'pendingUpdate', expiry: blockHeight(located.expiry), latestTx }
}

function spenderOf({ txid, index }: OutPoint, transactions: readonly WalletsTransaction[]): Found | undefined {
  for (const { tx, ownOutputs } of transactions) {
    const input = tx.inputs.find(({ prevout }) => prevout.txid === txid && prevout.index === index)
    if (input !== undefined) return { tx, ownOutputs, witness: input.witness }
  }
  return undefined
}
