import type { Order } from '@tidepool/market'
import { StoreError, recordCodec } from '@tidepool/store'
import type { RecordCodec } from '@tidepool/store'
import type { OrderRecord } from '../../core/records.ts'

/** Records before version 2: tagged JSON. */
const TAGGED = recordCodec<OrderRecord>({ version: 1 })
const VERSION = 2

type Row = readonly [
  version: number,
  kind: Order['kind'],
  nonce: string,
  orderVersion: number,
  auctionType: string,
  rate: number,
  amount: string,
  minUnitsMatch: number,
  leaseDuration: number,
  maxBatchFeeRate: string,
  channelType: string,
  multiSigKey: string,
  nodeKey: string,
  addresses: readonly string[],
  accountKey: string,
  filter: string,
  nodes: readonly string[],
  isPublic: boolean,
  /** An ask's announcement and confirmation; a bid's tier, own balance and flags. */
  side: readonly (string | boolean)[],
  signature: string,
  arrival: number,
  state: string,
  unitsUnfulfilled: number,
  baseFee: string,
  feeRatePpm: string,
  createdAtNs: string,
  userAgent: string,
]

/**
 * Orders as flat rows: a million of them are read at a start, several times faster than as tagged JSON. What many
 * orders share is kept once in memory.
 */
export function orderCodec(): RecordCodec<OrderRecord> {
  const shared = new Map<string, string>()
  return {
    encode: (record) => JSON.stringify(rowOf(record)),
    decode: (text) => {
      if (!text.startsWith('[')) return TAGGED.decode(text)
      const row = parse(text)
      if (row[0] !== VERSION) {
        throw new StoreError(
          { code: 'RECORD_VERSION_UNKNOWN', version: row[0], known: VERSION },
          `an order has version ${row[0]}, this program reads up to ${VERSION}: start the version that wrote it`,
        )
      }
      return recordOf(row, (text) => once(shared, text))
    },
  }
}

function parse(text: string): Row {
  try {
    return JSON.parse(text) as Row
  } catch (cause) {
    throw new StoreError({ code: 'STORE_CORRUPT', location: 'order' }, 'a stored order cannot be read', { cause })
  }
}

function once(shared: Map<string, string>, text: string): string {
  const known = shared.get(text)
  if (known !== undefined) return known
  shared.set(text, text)
  return text
}

function rowOf(record: OrderRecord): Row {
  const { order, terms } = record
  const { nodeFilter } = order
  return [
    VERSION,
    order.kind,
    order.nonce,
    order.version,
    order.auctionType,
    order.rate,
    String(order.amount),
    order.minUnitsMatch,
    order.leaseDuration,
    String(order.maxBatchFeeRate),
    order.channelType,
    order.multiSigKey,
    order.nodeKey,
    order.nodeAddresses.map(({ addr }) => addr),
    order.accountKey,
    nodeFilter.kind,
    nodeFilter.kind === 'any' ? [] : nodeFilter.nodes,
    order.isPublic,
    sideOf(order),
    Buffer.from(record.signature).toString('base64'),
    record.arrival,
    record.state,
    record.unitsUnfulfilled,
    String(terms.baseFee),
    String(terms.feeRatePpm),
    String(record.createdAtNs),
    record.userAgent,
  ]
}

function sideOf(order: Order): Row[18] {
  if (order.kind === 'ask') return [order.announcement, order.confirmation]
  const { minNodeTier, selfChannelBalance, isSidecar, unannounced, zeroConf } = order
  return [minNodeTier, String(selfChannelBalance), isSidecar, unannounced, zeroConf]
}

function recordOf(row: Row, share: (text: string) => string): OrderRecord {
  const record: unknown = {
    order: orderOf(row, share),
    signature: new Uint8Array(Buffer.from(row[19], 'base64')),
    arrival: row[20],
    state: row[21],
    unitsUnfulfilled: row[22],
    terms: { baseFee: BigInt(row[23]), feeRatePpm: BigInt(row[24]) },
    createdAtNs: BigInt(row[25]),
    userAgent: share(row[26]),
  }
  return record as OrderRecord
}

function orderOf(row: Row, share: (text: string) => string): unknown {
  const [, kind, nonce, version, auctionType, rate, amount, minUnitsMatch, leaseDuration, maxBatchFeeRate] = row
  const base = {
    nonce,
    version,
    auctionType,
    rate,
    amount: BigInt(amount),
    minUnitsMatch,
    leaseDuration,
    maxBatchFeeRate: BigInt(maxBatchFeeRate),
    channelType: row[10],
    multiSigKey: row[11],
    nodeKey: share(row[12]),
    nodeAddresses: row[13].map((addr) => ({ network: 'tcp', addr: share(addr) })),
    accountKey: share(row[14]),
    nodeFilter: row[15] === 'any' ? { kind: 'any' } : { kind: row[15], nodes: row[16].map(share) },
    isPublic: row[17],
  }
  const side = row[18]
  if (kind === 'ask') return { ...base, kind, announcement: side[0], confirmation: side[1] }
  return {
    ...base,
    kind,
    minNodeTier: side[0],
    selfChannelBalance: BigInt(side[1] ?? 0),
    isSidecar: side[2],
    unannounced: side[3],
    zeroConf: side[4],
  }
}
