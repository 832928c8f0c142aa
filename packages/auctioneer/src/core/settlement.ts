import { encodeTx, formatOutPoint, satoshi } from '@tidepool/crypto'
import type { AccountKey, OrderNonce, OutPointText, Transaction } from '@tidepool/crypto'
import { fillOrder, isArchived, supplyUnits } from '@tidepool/market'
import type {
  BatchChannel,
  ChannelInfoType,
  ClearedMarket,
  ConstructedBatch,
  FeeSchedule,
  Order,
} from '@tidepool/market'
import type { AccountRecord } from './account.ts'
import { noteStep } from './accountHistory.ts'
import type { AccountStep } from './accountHistory.ts'
import { stepAccount } from './accountLifecycle.ts'
import type {
  AttemptRecord,
  AuctionRecord,
  BatchAccountRecord,
  BatchRecord,
  MatchRecord,
  OrderRecord,
  OrderTerms,
} from './records.ts'
import { undoOf } from './voidBatches.ts'
import type { BatchUndo } from './voidBatches.ts'

export interface SettlementInput {
  readonly batch: ConstructedBatch
  readonly market: ClearedMarket
  /** With all witnesses. */
  readonly transaction: Transaction
  readonly accounts: ReadonlyMap<AccountKey, AccountRecord>
  readonly orders: ReadonlyMap<OrderNonce, OrderRecord>
  readonly auction: AuctionRecord
  readonly channelTypes: ReadonlyMap<OutPointText, ChannelInfoType>
  readonly executionFee: FeeSchedule
  readonly attempts: readonly AttemptRecord[]
  readonly resting: ReadonlyMap<OrderNonce, string>
  readonly startedAtNs: bigint
  readonly nowNs: bigint
}

/** Everything a batch changes, to be stored in one commit. */
export interface Settlement {
  readonly batch: BatchRecord
  readonly auction: AuctionRecord
  readonly accounts: readonly AccountRecord[]
  readonly steps: readonly AccountStep[]
  readonly orders: readonly OrderRecord[]
  readonly undo: BatchUndo
}

/** What the world is once the batch is durable: filled orders, new account outputs, the next batch key. */
export function settle(input: SettlementInput): Settlement {
  const transaction = encodeTx(input.transaction, { witness: true })
  const { batch, auction } = input
  const sequence = auction.batches + 1
  const { key: _, ...master } = batch.master
  const accounts = settledAccounts(input, transaction).map((record) =>
    noteStep(record, `batch ${batch.batchId}`, batch.heightHint),
  )
  return {
    batch: batchRecord(input, sequence, transaction),
    auction: {
      ...auction,
      batchKey: batch.nextBatchKey,
      lastBatchId: batch.batchId,
      batches: sequence,
      proposals: 0,
      master: { kind: 'ready', ...master, heightHint: batch.heightHint, transaction: undefined },
    },
    accounts: accounts.map(({ record }) => record),
    steps: accounts.map(({ step }) => step),
    orders: settledOrders(input),
    undo: changedBy(input),
  }
}

function changedBy({ batch, auction, accounts, orders }: SettlementInput): BatchUndo {
  const nonces = batch.channels.flatMap(({ match: { ask, bid } }) => [ask.order.nonce, bid.order.nonce])
  return undoOf(
    batch.batchId,
    [...batch.accounts.keys()].flatMap((key) => accounts.get(key) ?? []),
    [...new Set(nonces)].flatMap((nonce) => orders.get(nonce) ?? []),
    auction.master,
  )
}

function batchRecord(input: SettlementInput, sequence: number, transaction: Uint8Array): BatchRecord {
  const { batch, auction } = input
  return {
    sequence,
    batchId: batch.batchId,
    previousId: auction.lastBatchId,
    state: 'committed',
    txid: batch.txid,
    transaction,
    feeRate: batch.feeRate,
    heightHint: batch.heightHint,
    createdAtNs: input.nowNs,
    executionFee: input.executionFee,
    clearingPrices: input.market.prices,
    matches: batch.channels.map((channel) => matchRecord(input, channel)),
    accounts: [...batch.accounts.keys()].map((key) => accountEntry(input, key)),
    minerFee: batch.fees.minerFee,
    masterBefore: masterBefore(auction),
    masterAfter: batch.master.value,
    confirmedHeight: undefined,
    attempts: input.attempts,
    resting: input.resting,
    startedAtNs: input.startedAtNs,
  }
}

function masterBefore(auction: AuctionRecord): BatchRecord['masterBefore'] {
  if (auction.master === undefined) throw new Error('a batch was built without a master account')
  return auction.master.value
}

function matchRecord(input: SettlementInput, channel: BatchChannel): MatchRecord {
  const { match, outpoint } = channel
  const { ask, bid } = match
  return {
    askNonce: ask.order.nonce,
    bidNonce: bid.order.nonce,
    askAccount: ask.order.accountKey,
    bidAccount: bid.order.accountKey,
    askNode: ask.order.nodeKey,
    bidNode: bid.order.nodeKey,
    units: match.units,
    duration: ask.order.leaseDuration,
    clearingPrice: match.price,
    premium: match.premium,
    makerFee: match.makerExecutionFee,
    takerFee: match.takerExecutionFee,
    selfChannelBalance: match.selfChannelBalance,
    channelValue: match.capacity,
    outputIndex: outpoint.index,
    commitmentType: match.commitment,
    askTerms: termsOf(ask.order),
    bidTerms: termsOf(bid.order),
    channelType: input.channelTypes.get(formatOutPoint(outpoint)) ?? 'anchors',
  }
}

function termsOf(order: Order): OrderTerms {
  return {
    version: order.version,
    duration: order.leaseDuration,
    rate: order.rate,
    channelType: order.channelType,
  }
}

function accountEntry(input: SettlementInput, key: AccountKey): BatchAccountRecord {
  const account = input.batch.accounts.get(key)
  const cleared = input.market.accounts.get(key)
  if (account === undefined || cleared === undefined) throw new Error('a batch account was not cleared')
  return {
    diff: account.diff,
    startingBalance: account.before.value,
    chainFee: cleared.chainFee,
    version: account.before.version,
  }
}

function settledAccounts(input: SettlementInput, transaction: Uint8Array): readonly AccountRecord[] {
  return [...input.batch.accounts].map(([key, { before, after, diff }]) => {
    const record = input.accounts.get(key)
    if (record === undefined) throw new Error('a batch account has no record')
    const { state } = stepAccount(record.state, { kind: 'batched', recreated: after !== undefined })
    const account = after ?? { ...before, value: satoshi(diff.endingBalance) }
    const { heightHint } = input.batch
    return { ...record, account, state, heightHint, latestTx: transaction, changes: [], previous: undefined }
  })
}

function settledOrders(input: SettlementInput): readonly OrderRecord[] {
  const filled = new Map<OrderNonce, number>()
  for (const { match } of input.batch.channels) {
    for (const { order } of [match.ask, match.bid]) {
      filled.set(order.nonce, (filled.get(order.nonce) ?? 0) + match.units)
    }
  }
  return [...filled].map(([nonce, units]) => {
    const record = input.orders.get(nonce)
    if (record === undefined || isArchived(record.state)) throw new Error('a matched order is not open')
    return { ...record, ...fillOrder(record.unitsUnfulfilled, record.order.minUnitsMatch, supplyUnits(units)) }
  })
}
