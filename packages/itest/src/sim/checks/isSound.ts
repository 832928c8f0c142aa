import { blockCount } from '@tidepool/crypto'
import type { BatchProposal } from '@tidepool/market'
import { isFunded, validateBatch } from '@tidepool/trader'
import type { Trader } from '@tidepool/trader'

const LIMITS = { maxExpiryAhead: blockCount(52_560), expiryMargin: blockCount(72) }

/** What a trader's verifier says of a proposal, asked from outside with the records of this moment. */
export function isSound({ ledger, node, batchVersion, height }: Trader, proposal: BatchProposal): boolean {
  const accounts = [...ledger.accounts.values()].filter(isFunded)
  const verdict = validateBatch(proposal, {
    nodeKey: node.nodeKey,
    batchVersion,
    limits: LIMITS,
    bestHeight: height.best,
    orders: ledger.orders,
    accounts: new Map(accounts.map((account) => [account.key, { account, state: account.kind }])),
    finalizedBatchIds: new Set(ledger.batches.keys()),
  })
  return verdict.verdict === 'accepted'
}
