import { blockCount, blockHeight, formatOutPoint } from '@tidepool/crypto'
import type { AccountKey, BlockHeight } from '@tidepool/crypto'
import type { BatchProposal } from '@tidepool/market'
import { isFunded, joinsBatches, validateBatch } from '@tidepool/trader'
import type { AccountKind, FundedAccount, Trader, TraderAccount } from '@tidepool/trader'

const LIMITS = { maxExpiryAhead: blockCount(52_560), expiryMargin: blockCount(72) }

/** A trader's height and accounts at some moment. */
export interface Standing {
  readonly height: BlockHeight
  readonly accounts: ReadonlyMap<AccountKey, TraderAccount>
}

export const standingOf = ({ height, ledger }: Trader): Standing => ({
  height: height.best,
  accounts: new Map(ledger.accounts),
})

/**
 * What a trader's verifier says of a proposal, asked from outside with the records of this moment, at any height from
 * when the proposal came: the answer to it goes out some steps after it was verified, and blocks may come in between.
 */
export function isSound(trader: Trader, proposal: BatchProposal, cameAt: Standing): boolean {
  const now = trader.height.best
  const [low, high] = [Math.min(cameAt.height, now), Math.max(cameAt.height, now)]
  for (let height = high; height >= low; height--) {
    if (isSoundAt(trader, proposal, cameAt, blockHeight(height))) return true
  }
  return false
}

function isSoundAt(trader: Trader, proposal: BatchProposal, cameAt: Standing, bestHeight: BlockHeight): boolean {
  const { ledger, node, batchVersion } = trader
  const accounts = [...ledger.accounts.values()].filter(isFunded)
  const verdict = validateBatch(proposal, {
    nodeKey: node.nodeKey,
    batchVersion,
    limits: LIMITS,
    bestHeight,
    orders: ledger.orders,
    accounts: new Map(accounts.map((account) => [account.key, { account, state: stateOf(account, cameAt) }])),
    finalizedBatchIds: new Set(ledger.batches.keys()),
  })
  return verdict.verdict === 'accepted'
}

/** As it was when the proposal came, if nothing but blocks have come over its output since, some of which went again. */
function stateOf(account: FundedAccount, { accounts }: Standing): AccountKind {
  const before = accounts.get(account.key)
  if (account.kind !== 'pendingUpdate' || before === undefined || !joinsBatches(before)) return account.kind
  return formatOutPoint(before.outpoint) === formatOutPoint(account.outpoint) ? before.kind : account.kind
}
