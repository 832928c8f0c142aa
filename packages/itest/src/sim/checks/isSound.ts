import { blockCount, blockHeight } from '@tidepool/crypto'
import type { BlockHeight } from '@tidepool/crypto'
import type { BatchProposal } from '@tidepool/market'
import { isFunded, validateBatch } from '@tidepool/trader'
import type { Trader } from '@tidepool/trader'

const LIMITS = { maxExpiryAhead: blockCount(52_560), expiryMargin: blockCount(72) }

/**
 * What a trader's verifier says of a proposal, asked from outside with the records of this moment, at any height from
 * when the proposal came: the answer to it goes out some steps after it was verified, and blocks may come in between.
 */
export function isSound(trader: Trader, proposal: BatchProposal, cameAt: BlockHeight): boolean {
  const now = trader.height.best
  const [low, high] = [Math.min(cameAt, now), Math.max(cameAt, now)]
  for (let height = high; height >= low; height--) if (isSoundAt(trader, proposal, blockHeight(height))) return true
  return false
}

function isSoundAt({ ledger, node, batchVersion }: Trader, proposal: BatchProposal, bestHeight: BlockHeight): boolean {
  const accounts = [...ledger.accounts.values()].filter(isFunded)
  const verdict = validateBatch(proposal, {
    nodeKey: node.nodeKey,
    batchVersion,
    limits: LIMITS,
    bestHeight,
    orders: ledger.orders,
    accounts: new Map(accounts.map((account) => [account.key, { account, state: account.kind }])),
    finalizedBatchIds: new Set(ledger.batches.keys()),
  })
  return verdict.verdict === 'accepted'
}
