import type { Txid } from '@tidepool/crypto'
import { txidOf } from '@tidepool/crypto'
import type { BatchProposal } from '@tidepool/market'
import { accountInputs, checkAccountInputs } from './accountInputs.ts'
import { tallyAccounts } from './accountTally.ts'
import type { AccountTally } from './accountTally.ts'
import { assignChannelOutputs } from './channelOutputs.ts'
import { checkDiffs } from './checkDiffs.ts'
import { checkExecutionFee, checkOrders, matchesByOrder, orderFills } from './checkOrders.ts'
import { checkProposal } from './checkProposal.ts'
import { checkEnding } from './endingAccount.ts'
import { expectedChannel } from './expectedChannel.ts'
import { inRange, matchAmounts } from './matchAmounts.ts'
import { matchOwnOrders } from './matchOwnOrders.ts'
import { checkMatches } from './matchRules.ts'
import { pairOf } from './matchView.ts'
import type { MatchView } from './matchView.ts'
import type { MismatchDetail } from './mismatch.ts'
import type { OwnRecords } from './ownRecords.ts'
import { rejected, rejectedIfAny } from './rejected.ts'
import { allowedNode } from './rules/pairing.ts'
import type { AcceptedBatch, BatchVerdict, EndingAccount } from './verdict.ts'

/**
 * ValidateBatch (white paper §6.1.7): recomputes from the trader's own records all that a proposal says about them.
 * Checked in stages, each of which needs the one before; the first stage with mismatches is reported. A proposal that
 * names nothing of ours is a clean-up message: accepted, and nothing of it will be signed.
 */
export function validateBatch(proposal: BatchProposal, own: OwnRecords): BatchVerdict {
  const asAWhole = rejectedIfAny(checkProposal(proposal, own))
  if (asAWhole !== undefined) return asAWhole
  const txid = txidOf(proposal.transaction)
  if (own.signedTransactions?.has(txid) === true) return rejected({ code: 'TRANSACTION_ALREADY_SIGNED', txid })
  if (proposal.matches.length === 0 && proposal.accountDiffs.length === 0) {
    return { verdict: 'accepted', result: acceptedBatch(proposal, txid, {}) }
  }
  const matched = matchOwnOrders(proposal, own)
  return rejectedIfAny(matched.mismatches) ?? validateMatches(proposal, own, txid, matched.views)
}

function validateMatches(
  proposal: BatchProposal,
  own: OwnRecords,
  txid: Txid,
  views: readonly MatchView[],
): BatchVerdict {
  const orders = matchesByOrder(views)
  const faults = [
    ...checkMatches(views, own, proposal),
    ...checkOrders(orders, own, proposal),
    ...checkExecutionFee(orders, proposal),
  ]
  const unfit = rejectedIfAny(faults)
  if (unfit !== undefined) return unfit

  const priced = orders.flatMap((order) => order.views.map((view) => ({ view, amounts: matchAmounts(view, proposal) })))
  const excessive = priced.filter(({ amounts }) => !inRange(amounts))
  const outOfRange = rejectedIfAny(excessive.map(({ view }) => ({ code: 'AMOUNT_OUT_OF_RANGE', ...pairOf(view) })))
  if (outOfRange !== undefined) return outOfRange

  const channels = assignChannelOutputs(priced, proposal)
  const accounts = validateAccounts(tallyAccounts(priced, proposal, own), proposal, own, txid)
  const excluded = views.flatMap((view) => allowedNode(view, own, proposal) ?? [])
  const wrong = rejectedIfAny([...channels.mismatches, ...accounts.mismatches, ...excluded])
  if (wrong !== undefined) return wrong
  const result = acceptedBatch(proposal, txid, {
    accounts: accounts.endings,
    fills: orderFills(orders),
    channels: channels.matches.map((match) => expectedChannel(match, proposal, txid)),
  })
  return { verdict: 'accepted', result }
}

function validateAccounts(
  tallies: ReadonlyMap<AccountTally['account']['key'], AccountTally>,
  proposal: BatchProposal,
  own: OwnRecords,
  txid: Txid,
): { readonly endings: readonly EndingAccount[]; readonly mismatches: readonly MismatchDetail[] } {
  const involved = new Set(tallies.keys())
  const mismatches = [...checkDiffs(involved, proposal.accountDiffs)]
  const endings: EndingAccount[] = []
  const inputs = accountInputs(proposal, own)
  for (const diff of proposal.accountDiffs) {
    const tally = tallies.get(diff.accountKey)
    if (tally === undefined) continue
    const outcome = checkEnding(tally, diff, proposal, own, txid, inputs)
    if (outcome.mismatches === undefined) endings.push(outcome.ending)
    else mismatches.push(...outcome.mismatches)
  }
  return { endings, mismatches: [...mismatches, ...checkAccountInputs(involved, inputs, own)] }
}

function acceptedBatch(
  proposal: BatchProposal,
  txid: Txid,
  parts: Partial<Pick<AcceptedBatch, 'accounts' | 'fills' | 'channels'>>,
): AcceptedBatch {
  const { batchId, transaction, feeRate, heightHint } = proposal
  return { batchId, txid, transaction, feeRate, heightHint, accounts: [], fills: [], channels: [], ...parts }
}
