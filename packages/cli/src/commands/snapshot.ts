import type { poolrpc } from '@tidepool/rpc'
import { grouped, satPerVByte, toHex } from '../format.ts'
import { facts, table } from '../output.ts'

const CHANNEL_TYPES: Readonly<Record<string, number>> = {
  ORDER_CHANNEL_TYPE_UNKNOWN: 0,
  ORDER_CHANNEL_TYPE_PEER_DEPENDENT: 1,
  ORDER_CHANNEL_TYPE_SCRIPT_ENFORCED: 2,
  ORDER_CHANNEL_TYPE_SIMPLE_TAPROOT: 3,
}

/** The stock tool leaves zero values out inside markets. */
function withoutZeros(entries: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entries).filter(([, value]) => value !== 0 && value !== 0n && value !== undefined),
  )
}

const side = (order: poolrpc.AskSnapshot | poolrpc.BidSnapshot | undefined) =>
  order &&
  withoutZeros({
    version: order.version,
    lease_duration_blocks: order.leaseDurationBlocks,
    rate_fixed: order.rateFixed,
    chan_type: CHANNEL_TYPES[order.chanType] ?? 0,
  })

const matchJson = (match: poolrpc.MatchedOrderSnapshot) =>
  withoutZeros({
    ask: side(match.ask),
    bid: side(match.bid),
    matching_rate: match.matchingRate,
    total_sats_cleared: match.totalSatsCleared,
    units_matched: match.unitsMatched,
  })

/** One batch in the stock tool's plain JSON. */
export function snapshotJson(batch: poolrpc.BatchSnapshotResponse) {
  const markets = [...batch.matchedMarkets].map(([duration, market]) => [
    String(duration),
    withoutZeros({
      matched_orders: market.matchedOrders.map(matchJson),
      clearing_price_rate: market.clearingPriceRate,
    }),
  ])
  return {
    version: batch.version,
    batch_id: toHex(batch.batchId),
    prev_batch_id: toHex(batch.prevBatchId),
    batch_tx_id: batch.batchTxId,
    batch_tx: toHex(batch.batchTx),
    batch_tx_fee_rate_sat_per_kw: batch.batchTxFeeRateSatPerKw,
    creation_timestamp_ns: batch.creationTimestampNs,
    matched_markets: Object.fromEntries(markets) as Record<string, unknown>,
  }
}

const MATCH_COLUMNS = [
  ['BLOCKS', 'right'],
  ['PRICE (PPB)', 'right'],
  ['ASKED', 'right'],
  ['BID', 'right'],
  ['UNITS', 'right'],
  ['SATS', 'right'],
] as const

/** One batch for people. */
export function snapshotText(batch: poolrpc.BatchSnapshotResponse): string {
  const head = facts([
    ['batch', toHex(batch.batchId)],
    ['transaction', batch.batchTxId],
    ['fee rate', satPerVByte(batch.batchTxFeeRateSatPerKw)],
    ['created', new Date(Number(batch.creationTimestampNs / 1_000_000n)).toISOString()],
  ])
  const rows = [...batch.matchedMarkets].flatMap(([duration, market]) =>
    market.matchedOrders.map((match) => [
      String(duration),
      grouped(match.matchingRate),
      grouped(match.ask?.rateFixed ?? 0),
      grouped(match.bid?.rateFixed ?? 0),
      String(match.unitsMatched),
      grouped(match.totalSatsCleared),
    ]),
  )
  return `${head}\n${table(MATCH_COLUMNS, rows)}`
}
