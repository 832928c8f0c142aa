import type { AccountKey, BlockCount, Transaction } from '@tidepool/crypto'
import type { AccountDiff, BatchProposal, ProposedMatch } from '../batch.ts'
import type { StreamId, TraderStream } from '../book.ts'
import type { FeeSchedule } from '../feeSchedule.ts'
import type { Ask, Bid, CounterpartAsk, CounterpartBid, OrderBase, RatePpb } from '../order.ts'
import { BatchBuildError, type BatchAccount, type ConstructContext } from './batchTypes.ts'
import type { ClearedMarket, ClearedMatch } from './clearedTypes.ts'

/** One stream's part of the batch while it is put together. */
interface View {
  readonly stream: TraderStream
  readonly executionFee: FeeSchedule
  readonly matches: ProposedMatch[]
  readonly prices: Map<BlockCount, RatePpb>
}

/**
 * What each stream is proposed: its own matches, prices and account diffs, and its own batch version. A sidecar's
 * recipient sees the provider's match and no diff. Daemons hold one batch, so no stream gets two proposals.
 */
export function streamProposals(
  market: ClearedMarket,
  accounts: ReadonlyMap<AccountKey, BatchAccount>,
  transaction: Transaction,
  context: ConstructContext,
): ReadonlyMap<StreamId, BatchProposal> {
  const views = new Map<StreamId, View>()
  for (const match of market.matches) {
    const asker = streamOf(match.ask.order, accounts)
    const bidder = streamOf(match.bid.order, accounts)
    addMatch(views, asker, termsOf(market, asker), match, ownAsk(match))
    addMatch(views, bidder, termsOf(market, bidder), match, ownBid(match))
    if (match.bid.order.isSidecar) {
      const recipient = recipientOf(match, context)
      if (recipient.id !== bidder.id) addMatch(views, recipient, termsOf(market, bidder), match, ownBid(match))
    }
  }
  const diffs = diffsByStream(accounts)
  return new Map([...views].map(([id, view]) => [id, proposalOf(view, diffs.get(id) ?? [], transaction, context)]))
}

function proposalOf(
  view: View,
  accountDiffs: readonly AccountDiff[],
  transaction: Transaction,
  context: ConstructContext,
): BatchProposal {
  return {
    batchId: context.batchId,
    batchVersion: view.stream.batchVersion,
    matches: view.matches,
    clearingPrices: view.prices,
    accountDiffs,
    executionFee: view.executionFee,
    transaction,
    feeRate: context.feeRate,
    heightHint: context.heightHint,
  }
}

function addMatch(
  views: Map<StreamId, View>,
  stream: TraderStream,
  executionFee: FeeSchedule,
  match: ClearedMatch,
  proposed: ProposedMatch,
): void {
  const view = views.get(stream.id) ?? { stream, executionFee, matches: [], prices: new Map<BlockCount, RatePpb>() }
  view.matches.push(proposed)
  view.prices.set(match.bid.order.leaseDuration, match.price)
  views.set(stream.id, view)
}

function diffsByStream(accounts: ReadonlyMap<AccountKey, BatchAccount>): ReadonlyMap<StreamId, readonly AccountDiff[]> {
  const diffs = new Map<StreamId, AccountDiff[]>()
  for (const { stream, diff } of accounts.values()) {
    const known = diffs.get(stream.id)
    if (known === undefined) diffs.set(stream.id, [diff])
    else known.push(diff)
  }
  return diffs
}

const ownAsk = ({ ask, bid, units }: ClearedMatch): ProposedMatch => ({
  ownNonce: ask.order.nonce,
  counterpart: counterpartBid(bid.order),
  units,
})

const ownBid = ({ ask, bid, units }: ClearedMatch): ProposedMatch => ({
  ownNonce: bid.order.nonce,
  counterpart: counterpartAsk(ask.order),
  units,
})

/** Leaves out whose account it is, whom it takes and whether it is public. */
const sharedFields = (order: OrderBase): OrderBase => ({
  nonce: order.nonce,
  version: order.version,
  auctionType: order.auctionType,
  rate: order.rate,
  amount: order.amount,
  minUnitsMatch: order.minUnitsMatch,
  leaseDuration: order.leaseDuration,
  maxBatchFeeRate: order.maxBatchFeeRate,
  channelType: order.channelType,
  multiSigKey: order.multiSigKey,
  nodeKey: order.nodeKey,
  nodeAddresses: order.nodeAddresses,
})

export const counterpartAsk = (ask: Ask): CounterpartAsk => ({
  ...sharedFields(ask),
  kind: 'ask',
  announcement: ask.announcement,
  confirmation: ask.confirmation,
})

export const counterpartBid = (bid: Bid): CounterpartBid => ({
  ...sharedFields(bid),
  kind: 'bid',
  minNodeTier: bid.minNodeTier,
  selfChannelBalance: bid.selfChannelBalance,
  isSidecar: bid.isSidecar,
  unannounced: bid.unannounced,
  zeroConf: bid.zeroConf,
})

function streamOf(order: Ask | Bid, accounts: ReadonlyMap<AccountKey, BatchAccount>): TraderStream {
  const account = accounts.get(order.accountKey)
  if (account === undefined) throw inconsistent('a matched order has no account in the batch')
  return account.stream
}

function termsOf(market: ClearedMarket, stream: TraderStream): FeeSchedule {
  const terms = market.terms.get(stream.id)
  if (terms === undefined) throw inconsistent('a matched stream has no terms')
  return terms
}

function recipientOf({ bid }: ClearedMatch, context: ConstructContext): TraderStream {
  const recipient = context.sidecarRecipients.get(bid.order.multiSigKey)
  if (recipient === undefined) throw inconsistent('a sidecar match has no recipient stream')
  return recipient
}

function inconsistent(what: string): BatchBuildError {
  return new BatchBuildError({ code: 'BATCH_INCONSISTENT', what }, what)
}
