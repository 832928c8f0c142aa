import { fromHex } from '@tidepool/crypto'
import type { AccountKey, BlockCount, OrderNonce } from '@tidepool/crypto'
import { unitsToSat } from '@tidepool/market'
import type { Order, ProposedMatch } from '@tidepool/market'
import { accountDiffToWire, feeScheduleToWire, marketsToWire } from '@tidepool/rpc'
import type { BatchSnapshotView, SnapshotMarket, poolrpc } from '@tidepool/rpc'
import type { BatchSnapshot } from '../../app/queries.ts'
import type { BatchRecord, MatchRecord } from '../../core/records.ts'

/** What anyone may see of a final batch. */
export function snapshotView({ batch, previousId }: BatchSnapshot): BatchSnapshotView {
  const { batchId, transaction, txid, feeRate, createdAtNs } = batch
  return { version: 0, batchId, previousId, transaction, txid, feeRate, createdAtNs, markets: marketsOf(batch) }
}

function marketsOf(batch: BatchRecord): ReadonlyMap<BlockCount, SnapshotMarket> {
  const markets = new Map<BlockCount, SnapshotMarket>()
  for (const [duration, clearingPrice] of batch.clearingPrices) {
    const matches = batch.matches.filter((match) => match.duration === duration).map(snapshotMatch)
    markets.set(duration, { clearingPrice, matches })
  }
  return markets
}

const snapshotMatch = (match: MatchRecord): SnapshotMarket['matches'][number] => ({
  ask: match.askTerms,
  bid: match.bidTerms,
  rate: match.clearingPrice,
  satoshisCleared: unitsToSat(match.units),
  units: match.units,
})

/** The part of a batch that concerns some accounts, as a proposal would have told it. */
export function relevantBatchToWire(
  batch: BatchRecord,
  accounts: ReadonlySet<AccountKey>,
  orders: ReadonlyMap<OrderNonce, Order>,
): poolrpc.RelevantBatchInit {
  const matches = batch.matches.flatMap((match) => fillsOf(match, accounts, orders))
  const diffs = batch.accounts.filter(({ diff }) => accounts.has(diff.accountKey)).map(({ diff }) => diff)
  return {
    version: 0,
    id: fromHex(batch.batchId),
    chargedAccounts: diffs.map(accountDiffToWire),
    executionFee: feeScheduleToWire(batch.executionFee),
    transaction: batch.transaction,
    feeRateSatPerKw: batch.feeRate,
    creationTimestampNs: batch.createdAtNs,
    matchedMarkets: marketsToWire(matches, batch.clearingPrices),
  }
}

function fillsOf(
  match: MatchRecord,
  accounts: ReadonlySet<AccountKey>,
  orders: ReadonlyMap<OrderNonce, Order>,
): readonly ProposedMatch[] {
  const ask = orders.get(match.askNonce)
  const bid = orders.get(match.bidNonce)
  if (ask === undefined || bid === undefined) return []
  const fills: ProposedMatch[] = []
  if (accounts.has(match.askAccount)) fills.push({ ownNonce: ask.nonce, counterpart: bid, units: match.units })
  if (accounts.has(match.bidAccount)) fills.push({ ownNonce: bid.nonce, counterpart: ask, units: match.units })
  return fills
}
