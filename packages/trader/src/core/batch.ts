import type {
  AccountKey,
  BatchId,
  BlockCount,
  BlockHeight,
  OrderNonce,
  OutPoint,
  SatPerKWeight,
  Transaction,
  TxList,
  TxOutput,
  Txid,
} from '@tidepool/crypto'
import type { BatchProposal, BatchVersion, CounterpartOrder, FeeSchedule, RatePpb, SupplyUnits } from '@tidepool/market'
import { accountScriptOf } from '@tidepool/market'
import { blockHeight } from '@tidepool/crypto'
import type { Satoshi } from '@tidepool/crypto'
import type { FundedAccount } from './account.ts'
import type { BatchOutcome } from './accountLifecycle.ts'
import { leasedChannel } from './channelShim.ts'
import type { LeasedChannel } from './channelShim.ts'
import { SpentOutputs } from './spentOutputs.ts'
import type { OrderRecord } from './orderRecord.ts'
import type { AcceptedBatch, EndingAccount, ExpectedChannel, OrderFill } from './verify/verdict.ts'

/** A proposal that passed every check, with the channels it needs. */
export interface VerifiedBatch {
  readonly proposal: BatchProposal
  readonly result: AcceptedBatch
  readonly channels: readonly LeasedChannel[]
}

/** What has to be undone in lnd when a proposal comes to nothing; stored before lnd hears of it. */
export interface Leftover {
  readonly txid: Txid
  readonly channels: readonly LeasedChannel[]
  /** Our signatures left the house: the auctioneer may hold a complete transaction. */
  readonly signed: boolean
  /** Our accounts' outputs in it: once one is spent otherwise, it can never confirm. */
  readonly spends: readonly SpentAccount[]
  /** What comes to be should it confirm after all; of a batch that was signed and then dropped. */
  readonly staged?: StagedBatch
}

/** Whether only the chain can tell what becomes of it: nobody else's word takes a signature back. */
export const mayConfirm = ({ signed, spends }: Leftover): boolean => signed && spends.length > 0

/** An account's output, and the height from which its spend may be found. */
export interface SpentAccount {
  readonly outpoint: OutPoint
  readonly script: Uint8Array
  readonly heightHint: BlockHeight
}

/** What a batch of ours changed, as it was before: kept for as long as the batch may turn out never to be. */
export interface BatchUndo {
  readonly txid: Txid
  readonly batchId: BatchId
  readonly inputs: SpentOutputs
  readonly heightHint: BlockHeight
  readonly accounts: readonly FundedAccount[]
  readonly orders: readonly Pick<OrderRecord, 'order' | 'state' | 'unitsUnfulfilled'>[]
}

/** One match of a finished batch, kept for the list of leases. */
export interface LeaseRecord {
  readonly accountKey: AccountKey
  readonly own: OrderRecord['order']
  readonly counterpart: CounterpartOrder
  readonly channel: LeasedChannel
  readonly units: SupplyUnits
  readonly price: RatePpb
  readonly premium: Satoshi
  readonly executionFee: Satoshi
  readonly leaseDuration: BlockCount
}

/** What one batch cost or brought one account. */
export interface AccountResult {
  readonly key: AccountKey
  readonly outcome: BatchOutcome
  readonly chainFee: Satoshi
}

/** A batch of ours as the history keeps it. */
export interface BatchRecord {
  readonly batchId: BatchId
  readonly batchVersion: BatchVersion
  readonly txid: Txid
  readonly transaction: Transaction
  readonly feeRate: SatPerKWeight
  readonly executionFee: FeeSchedule
  readonly heightHint: BlockHeight
  readonly clearingPrices: ReadonlyMap<BlockCount, RatePpb>
  readonly leases: readonly LeaseRecord[]
  readonly accounts: readonly AccountResult[]
}

/** A batch we signed: durable before the signatures leave, applied when it is final. */
export interface StagedBatch {
  readonly record: BatchRecord
  readonly fills: readonly OrderFill[]
  /** Everything it spends, in order. Absent in what older versions stored. */
  readonly inputs?: SpentOutputs
}

/** Joins the verdict with our records. */
export function verifiedBatch(
  proposal: BatchProposal,
  result: AcceptedBatch,
  orders: ReadonlyMap<OrderNonce, OrderRecord>,
): VerifiedBatch {
  const channels = result.channels
    .filter((expected) => expected.sidecar !== 'provider')
    .map((expected) => leasedChannel(expected, ownOrder(orders, expected.ownNonce)))
  return { proposal, result, channels }
}

/** The staged form of a verified batch. */
export function stagedBatch(
  batch: VerifiedBatch,
  orders: ReadonlyMap<OrderNonce, OrderRecord>,
  prevOutputs: TxList<TxOutput>,
): StagedBatch {
  const { proposal, result } = batch
  return {
    record: {
      batchId: result.batchId,
      batchVersion: proposal.batchVersion,
      txid: result.txid,
      transaction: result.transaction,
      feeRate: result.feeRate,
      executionFee: proposal.executionFee,
      heightHint: result.heightHint,
      clearingPrices: proposal.clearingPrices,
      leases: batch.channels.flatMap((channel) => leaseRecord(channel, result.channels, orders)),
      accounts: result.accounts.map(accountResult),
    },
    fills: result.fills,
    inputs: new SpentOutputs(result.transaction, prevOutputs),
  }
}

function accountResult(ending: EndingAccount): AccountResult {
  const { next } = ending
  const outcome: BatchOutcome =
    next === undefined
      ? { kind: 'gone', value: ending.endingBalance }
      : {
          kind: 'recreated',
          value: next.value,
          outpoint: next.outpoint,
          batchKey: next.batchKey,
          expiry: next.expiry,
          version: next.version,
        }
  return { key: ending.before.key, outcome, chainFee: ending.chainFee }
}

function leaseRecord(
  channel: LeasedChannel,
  expected: readonly ExpectedChannel[],
  orders: ReadonlyMap<OrderNonce, OrderRecord>,
): readonly LeaseRecord[] {
  const own = ownOrder(orders, channel.ownNonce).order
  return expected
    .filter((one) => one.ownNonce === channel.ownNonce && one.counterpartNonce === channel.counterpartNonce)
    .map(({ counterpart, units, price, premium, executionFee, leaseDuration }) => ({
      ...{ accountKey: own.accountKey, own, channel },
      ...{ counterpart, units, price, premium, executionFee, leaseDuration },
    }))
}

function ownOrder(orders: ReadonlyMap<OrderNonce, OrderRecord>, nonce: OrderNonce): OrderRecord {
  const record = orders.get(nonce)
  if (record === undefined) throw new Error('a verified match belongs to a stored order')
  return record
}

export const leftoverOf = (batch: VerifiedBatch): Leftover => ({
  txid: batch.result.txid,
  channels: batch.channels,
  signed: false,
  spends: batch.result.accounts.map(({ before }) => ({
    outpoint: before.outpoint,
    script: accountScriptOf(before),
    heightHint: blockHeight(Math.max(0, batch.result.heightHint - HINT_MARGIN)),
  })),
})

/** More than the proposer's height may be ahead of ours. */
export const HINT_MARGIN = 6
