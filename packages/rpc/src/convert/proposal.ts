import {
  accountKey,
  batchId,
  blockCount,
  blockHeight,
  orderNonce,
  satPerKWeight,
  type BlockCount,
  type OrderNonce,
} from '@tidepool/crypto'
import {
  batchVersion,
  ratePpb,
  supplyUnits,
  type AccountDiff,
  type AccountEndingState,
  type BatchProposal,
  type CounterpartOrder,
  type ProposedMatch,
  type RatePpb,
} from '@tidepool/market'
import type { poolrpc } from '../gen/packages.ts'
import { badField, inField, named, required } from './errors.ts'
import { counterpartAskFromWire, counterpartAskToWire, counterpartBidFromWire, counterpartBidToWire } from './order.ts'
import {
  feeScheduleFromWire,
  feeScheduleToWire,
  hexMapFromWire,
  keyToWire,
  transactionFromWire,
  unsignedToWire,
} from './primitives.ts'

const ENDING_STATE_FROM_WIRE = {
  OUTPUT_RECREATED: 'recreated',
  OUTPUT_DUST_EXTENDED_OFFCHAIN: 'dustExtendedOffchain',
  OUTPUT_DUST_ADDED_TO_FEES: 'dustAddedToFees',
  OUTPUT_FULLY_SPENT: 'fullySpent',
} as const satisfies Record<poolrpc.AccountDiff_AccountState, AccountEndingState>

const ENDING_STATE_TO_WIRE = {
  recreated: 'OUTPUT_RECREATED',
  dustExtendedOffchain: 'OUTPUT_DUST_EXTENDED_OFFCHAIN',
  dustAddedToFees: 'OUTPUT_DUST_ADDED_TO_FEES',
  fullySpent: 'OUTPUT_FULLY_SPENT',
} as const satisfies Record<AccountEndingState, poolrpc.AccountDiff_AccountState>

/** Account versions are bytes to a stock trader. */
const MAX_VERSION = 255

function accountDiffFromWire(diff: poolrpc.AccountDiff): AccountDiff {
  if (diff.newVersion > MAX_VERSION) throw badField('new_version', `${diff.newVersion} is no version`)
  return {
    accountKey: inField('trader_key', () => accountKey(diff.traderKey)),
    endingBalance: diff.endingBalance,
    endingState: named('ending_state', ENDING_STATE_FROM_WIRE, diff.endingState),
    outpointIndex: diff.outpointIndex,
    newExpiry: diff.newExpiry,
    newVersion: diff.newVersion,
  }
}

export const accountDiffToWire = (diff: AccountDiff): poolrpc.AccountDiffInit => ({
  traderKey: keyToWire(diff.accountKey),
  endingBalance: diff.endingBalance,
  endingState: ENDING_STATE_TO_WIRE[diff.endingState],
  outpointIndex: diff.outpointIndex,
  newExpiry: diff.newExpiry,
  newVersion: diff.newVersion,
})

type Fill = Omit<ProposedMatch, 'ownNonce'>

function fillsFromWire(order: poolrpc.MatchedOrder, duration: BlockCount): readonly Fill[] {
  if (order.matchedAsks.length > 0 && order.matchedBids.length > 0) {
    throw badField('matched_asks', 'an order is an ask or a bid, so only one list may be set')
  }
  const fill = (field: string, units: number, read: () => CounterpartOrder): Fill =>
    inField(field, () => {
      const counterpart = read()
      if (counterpart.leaseDuration !== duration) {
        throw badField('lease_duration_blocks', `${counterpart.leaseDuration} in the market of ${duration} blocks`)
      }
      if (/^0+$/.test(counterpart.nonce)) throw badField('details.order_nonce', 'all zero')
      return { counterpart, units: inField('units_filled', () => supplyUnits(units)) }
    })
  return [
    ...order.matchedAsks.map(({ ask, unitsFilled }, i) =>
      fill(`matched_asks[${i}].ask`, unitsFilled, () => counterpartAskFromWire(required('ask', ask))),
    ),
    ...order.matchedBids.map(({ bid, unitsFilled }, i) =>
      fill(`matched_bids[${i}].bid`, unitsFilled, () => counterpartBidFromWire(required('bid', bid))),
    ),
  ]
}

/** Own nonces with their fills; an order in two markets is refused, a stock trader would forget one of them. */
function matchesFromWire(markets: ReadonlyMap<number, poolrpc.MatchedMarket>): readonly ProposedMatch[] {
  const seen = new Set<OrderNonce>()
  return [...markets].flatMap(([duration, market]) =>
    inField(`matched_markets[${duration}]`, () => {
      const orders = hexMapFromWire('matched_orders', market.matchedOrders, orderNonce, (order) =>
        fillsFromWire(order, blockCount(duration)),
      )
      return [...orders].flatMap(([ownNonce, fills]) => {
        if (seen.has(ownNonce)) throw badField(`matched_orders[${ownNonce}]`, 'is in two markets')
        seen.add(ownNonce)
        return fills.map((match) => ({ ownNonce, ...match }))
      })
    }),
  )
}

function pricesFromWire(markets: ReadonlyMap<number, poolrpc.MatchedMarket>): ReadonlyMap<BlockCount, RatePpb> {
  return new Map(
    [...markets].map(([duration, { clearingPriceRate }]) => [blockCount(duration), ratePpb(clearingPriceRate)]),
  )
}

/** A proposed batch, unverified (ADR-0004). @throws ConvertError BAD_FIELD */
export function proposalFromWire(prepare: poolrpc.OrderMatchPrepare): BatchProposal {
  return {
    batchId: inField('batch_id', () => batchId(prepare.batchId)),
    batchVersion: batchVersion(prepare.batchVersion),
    matches: matchesFromWire(prepare.matchedMarkets),
    clearingPrices: pricesFromWire(prepare.matchedMarkets),
    accountDiffs: prepare.chargedAccounts.map((diff, index) =>
      inField(`charged_accounts[${index}]`, () => accountDiffFromWire(diff)),
    ),
    executionFee: feeScheduleFromWire(prepare.executionFee),
    transaction: transactionFromWire(prepare.batchTransaction, 'batch_transaction'),
    feeRate: inField('fee_rate_sat_per_kw', () => satPerKWeight(prepare.feeRateSatPerKw)),
    heightHint: blockHeight(prepare.batchHeightHint),
  }
}

interface MarketDraft {
  readonly orders: Map<OrderNonce, poolrpc.MatchedOrderInit>
  readonly price: RatePpb
}

function withFill(order: poolrpc.MatchedOrderInit | undefined, match: ProposedMatch): poolrpc.MatchedOrderInit {
  const { counterpart, units: unitsFilled } = match
  if (counterpart.kind === 'ask') {
    const ask = { ask: counterpartAskToWire(counterpart), unitsFilled }
    return { matchedAsks: [...(order?.matchedAsks ?? []), ask] }
  }
  const bid = { bid: counterpartBidToWire(counterpart), unitsFilled }
  return { matchedBids: [...(order?.matchedBids ?? []), bid] }
}

/** Also how finished batches are told (`RelevantBatch`). @throws ConvertError BAD_FIELD for a match without a price */
export function marketsToWire(
  matches: readonly ProposedMatch[],
  prices: ReadonlyMap<BlockCount, RatePpb>,
): ReadonlyMap<number, poolrpc.MatchedMarketInit> {
  const drafts = new Map<BlockCount, MarketDraft>()
  for (const [duration, price] of prices) drafts.set(duration, { orders: new Map(), price })
  for (const match of matches) {
    const { leaseDuration } = match.counterpart
    const { orders } = required(`clearing price of ${leaseDuration} blocks`, drafts.get(leaseDuration))
    orders.set(match.ownNonce, withFill(orders.get(match.ownNonce), match))
  }
  return new Map(
    [...drafts].map(([duration, { orders, price }]) => [duration, { matchedOrders: orders, clearingPriceRate: price }]),
  )
}

/** Fields 1 and 2, which no client reads, stay empty. */
export const proposalToWire = (proposal: BatchProposal): poolrpc.OrderMatchPrepareInit => ({
  chargedAccounts: proposal.accountDiffs.map(accountDiffToWire),
  executionFee: feeScheduleToWire(proposal.executionFee),
  batchTransaction: unsignedToWire(proposal.transaction),
  feeRateSatPerKw: proposal.feeRate,
  batchId: keyToWire(proposal.batchId),
  batchVersion: proposal.batchVersion,
  matchedMarkets: marketsToWire(proposal.matches, proposal.clearingPrices),
  batchHeightHint: proposal.heightHint,
})
