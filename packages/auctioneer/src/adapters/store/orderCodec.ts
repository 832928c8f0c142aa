import { StoreError, recordCodec } from '@tidepool/store'
import type { TextCodec } from '@tidepool/store'
import type { OrderRecord } from '../../core/records.ts'
import type { Row } from './orderRow.ts'
import type { OrderReader } from './orderShelf.ts'
import { fromRow2 } from './orderRow2.ts'
import type { Row2 } from './orderRow2.ts'
import { filterText, termsText, traderText } from './sharedTexts.ts'
import { Shared } from './sharedValues.ts'
import type { AskTerms, BidTerms, Trader } from './sharedValues.ts'

type Tagged = Omit<OrderRecord, 'signature'> & { readonly signature: Uint8Array }
/** Records before version 2: tagged JSON. */
const TAGGED = recordCodec<Tagged>({ version: 1 })
const VERSION = 3

/**
 * Orders as flat rows: a million of them are read at a start, many times faster than as tagged JSON. What many orders
 * have in common is a text that is read once and kept once in memory.
 */
export function orderCodec(): TextCodec<OrderRecord> {
  const reader = orderReader()
  return { stored: 'text', encode: (record) => JSON.stringify(rowOf(record)), decode: (text) => reader.whole(text) }
}

export function orderReader(): OrderReader {
  const shared = new Shared()
  return {
    shared,
    whole: (text) =>
      text.startsWith('[') ? recordOf(current(parse(text)), shared) : withTextSignature(TAGGED.decode(text)),
    parts: (nonce, trader, terms, rest) =>
      recordWith(parse(`[${VERSION},"${nonce}","","",${rest}`) as Row, trader, terms, shared),
  }
}

/** Tagged records hold the signature's bytes. */
function withTextSignature(record: Tagged): OrderRecord {
  return { ...record, signature: Buffer.from(record.signature).toString('base64') }
}

function parse(text: string): Row | Row2 {
  try {
    return JSON.parse(text) as Row | Row2
  } catch (cause) {
    throw new StoreError({ code: 'STORE_CORRUPT', location: 'order' }, 'a stored order cannot be read', { cause })
  }
}

function current(row: Row | Row2): Row {
  if (row[0] === VERSION) return row as Row
  if (row[0] === 2) return fromRow2(row as Row2)
  throw new StoreError(
    { code: 'RECORD_VERSION_UNKNOWN', version: row[0], known: VERSION },
    `an order has version ${row[0]}, this program reads up to ${VERSION}: start the version that wrote it`,
  )
}

function rowOf(record: OrderRecord): Row {
  const { order } = record
  return [
    VERSION,
    order.nonce,
    traderText(order, record.userAgent),
    termsText(order, record),
    filterText(order.nodeFilter),
    order.rate,
    Number(order.amount),
    order.minUnitsMatch,
    Number(order.maxBatchFeeRate),
    order.kind === 'bid' ? Number(order.selfChannelBalance) : 0,
    order.multiSigKey,
    record.signature,
    record.arrival,
    record.unitsUnfulfilled,
    String(record.createdAtNs),
  ]
}

function recordOf(row: Row, shared: Shared): OrderRecord {
  return recordWith(row, shared.trader(row[2]), shared.terms(row[3]), shared)
}

function recordWith(row: Row, trader: Trader, terms: AskTerms | BidTerms, shared: Shared): OrderRecord {
  const record: unknown = {
    order: terms.kind === 'ask' ? askOf(row, trader, terms, shared) : bidOf(row, trader, terms, shared),
    signature: row[11],
    arrival: row[12],
    state: terms.state,
    unitsUnfulfilled: row[13],
    terms: terms.fees,
    createdAtNs: BigInt(row[14]),
    userAgent: trader.userAgent,
  }
  return record as OrderRecord
}

/** Written out for each side: copying fields from object to object would take most of the time of a start. */
function askOf(row: Row, trader: Trader, terms: AskTerms, shared: Shared): unknown {
  return {
    kind: 'ask',
    nonce: row[1],
    version: terms.version,
    auctionType: terms.auctionType,
    rate: row[5],
    amount: shared.integer(row[6]),
    minUnitsMatch: row[7],
    leaseDuration: terms.leaseDuration,
    maxBatchFeeRate: shared.integer(row[8]),
    channelType: terms.channelType,
    multiSigKey: row[10],
    nodeKey: trader.nodeKey,
    nodeAddresses: trader.nodeAddresses,
    accountKey: trader.accountKey,
    nodeFilter: shared.filter(row[4]),
    isPublic: terms.isPublic,
    announcement: terms.announcement,
    confirmation: terms.confirmation,
  }
}

function bidOf(row: Row, trader: Trader, terms: BidTerms, shared: Shared): unknown {
  return {
    kind: 'bid',
    nonce: row[1],
    version: terms.version,
    auctionType: terms.auctionType,
    rate: row[5],
    amount: shared.integer(row[6]),
    minUnitsMatch: row[7],
    leaseDuration: terms.leaseDuration,
    maxBatchFeeRate: shared.integer(row[8]),
    channelType: terms.channelType,
    multiSigKey: row[10],
    nodeKey: trader.nodeKey,
    nodeAddresses: trader.nodeAddresses,
    accountKey: trader.accountKey,
    nodeFilter: shared.filter(row[4]),
    isPublic: terms.isPublic,
    minNodeTier: terms.minNodeTier,
    selfChannelBalance: shared.integer(row[9]),
    isSidecar: terms.isSidecar,
    unannounced: terms.unannounced,
    zeroConf: terms.zeroConf,
  }
}
