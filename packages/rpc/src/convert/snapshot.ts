import {
  batchId,
  fromHex,
  satoshi,
  toHex,
  type BatchId,
  type BlockCount,
  type Satoshi,
  type SatPerKWeight,
  type Txid,
} from '@tidepool/crypto'
import { LEGACY_DURATION, type ChannelType, type RatePpb, type SupplyUnits } from '@tidepool/market'
import type { poolrpc } from '../gen/packages.ts'
import { inField } from './errors.ts'
import { CHANNEL_TYPE_TO_WIRE } from './orderEnums.ts'
import { keyToWire } from './primitives.ts'

/** What a snapshot shows of an order. */
export interface SnapshotOrder {
  readonly version: number
  readonly duration: BlockCount
  readonly rate: RatePpb
  readonly channelType: ChannelType
}

export interface SnapshotMatch {
  readonly ask: SnapshotOrder
  readonly bid: SnapshotOrder
  readonly rate: RatePpb
  readonly satoshisCleared: Satoshi
  readonly units: SupplyUnits
}

export interface SnapshotMarket {
  readonly clearingPrice: RatePpb
  readonly matches: readonly SnapshotMatch[]
}

/** A finished batch, without names. */
export interface BatchSnapshotView {
  readonly version: number
  readonly batchId: BatchId
  readonly previousId: BatchId
  /** Complete, serialised. */
  readonly transaction: Uint8Array
  readonly txid: Txid
  readonly feeRate: SatPerKWeight
  readonly createdAtNs: bigint
  readonly markets: ReadonlyMap<BlockCount, SnapshotMarket>
}

const orderToWire = (order: SnapshotOrder): poolrpc.AskSnapshotInit & poolrpc.BidSnapshotInit => ({
  version: order.version,
  leaseDurationBlocks: order.duration,
  rateFixed: order.rate,
  chanType: CHANNEL_TYPE_TO_WIRE[order.channelType],
})

const matchToWire = (match: SnapshotMatch): poolrpc.MatchedOrderSnapshotInit => ({
  ask: orderToWire(match.ask),
  bid: orderToWire(match.bid),
  matchingRate: match.rate,
  totalSatsCleared: satoshi(match.satoshisCleared),
  unitsMatched: match.units,
})

/** With the deprecated fields, which show the market of 2016 blocks. */
export function snapshotToWire(view: BatchSnapshotView): poolrpc.BatchSnapshotResponseInit {
  const markets = new Map(
    [...view.markets].map(([duration, { clearingPrice, matches }]) => [
      duration as number,
      { matchedOrders: matches.map(matchToWire), clearingPriceRate: clearingPrice },
    ]),
  )
  const legacy = markets.get(LEGACY_DURATION)
  return {
    version: view.version,
    batchId: keyToWire(view.batchId),
    prevBatchId: keyToWire(view.previousId),
    clearingPriceRate: legacy?.clearingPriceRate,
    matchedOrders: legacy?.matchedOrders,
    batchTx: view.transaction,
    batchTxId: view.txid,
    batchTxFeeRateSatPerKw: view.feeRate,
    creationTimestampNs: view.createdAtNs,
    matchedMarkets: markets,
  }
}

const NO_ID = new Uint8Array(33)

/** Empty, or 33 zero bytes, stands for the latest batch: undefined. @throws ConvertError BAD_FIELD */
export function wantedBatchFromWire(bytes: Uint8Array, field = 'batch_id'): BatchId | undefined {
  if (bytes.length === 0 || toHex(bytes) === toHex(NO_ID)) return undefined
  return inField(field, () => batchId(bytes))
}

export const wantedBatchToWire = (id: BatchId | undefined): Uint8Array => (id === undefined ? NO_ID : fromHex(id))
