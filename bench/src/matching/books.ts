import {
  addSat,
  blockCount,
  INITIAL_BATCH_KEY,
  pointFromSecret,
  blockHeight,
  satPerKWeight,
  satoshi,
  sha256,
  toHex,
} from '@tidepool/crypto'
import type { AccountKey, NodeKey, OrderNonce, PubKey, Txid } from '@tidepool/crypto'
import {
  DEFAULT_MATCH_RULES,
  LATEST_BATCH_VERSION,
  streamId,
  supplyUnits,
  ratePpb,
  unitsToSat,
  type Ask,
  type Bid,
  type BookAccount,
  type BookOrder,
  type MatchContext,
  type NodeFilter,
  type OrderVersion,
} from '@tidepool/market'
import { Random } from '../random.ts'

export const KINDS = ['plain', 'realistic', 'wideMinimums', 'denyLists', 'onePrice', 'manyClasses'] as const
export type Kind = (typeof KINDS)[number]

export interface BenchBook {
  readonly orders: readonly BookOrder[]
  readonly context: MatchContext
  /** One more order like the others. */
  readonly another: () => BookOrder
}

/** One flat string: a rope would be flattened, and weighed, by whoever reads it first. */
const hex = (text: string, number: number): string =>
  Buffer.from(text + number.toString(16).padStart(66 - text.length, '0'), 'latin1').toString('latin1')
const padded = (number: number): string =>
  Buffer.from(number.toString(16).padStart(64, '0'), 'latin1').toString('latin1')
/** No points, for no rule of matching looks inside a key. */
const nodeOf = (number: number): NodeKey => hex('02aa', number) as NodeKey
const accounts: AccountKey[] = []
/** Points, for the batch pays to them. */
const accountOf = (number: number): AccountKey =>
  (accounts[number] ??= toHex(pointFromSecret(sha256(Buffer.from(`account ${number}`)))) as AccountKey)
const keyOf = (number: number): PubKey => hex('02cc', number) as PubKey

const TERMS = { baseFee: satoshi(1), feeRatePpm: 1000n }
const DURATION = blockCount(2016)
const ADDRESSES = [{ network: 'tcp', addr: '127.0.0.1:9735' }] as const

/** A book of so many orders, one trader to fifty of them, always the same for the same arguments. */
export function makeBook(kind: Kind, size: number): BenchBook {
  const random = new Random(kind.length * 7919 + size)
  const traders = Math.max(20, Math.floor(size / 50))
  const lists = listsFor(kind, random, traders)
  let arrival = 0
  const another = (): BookOrder => orderOf(kind, random, traders, lists, arrival++)
  const orders = Array.from({ length: size }, another)
  return { orders, context: contextOf(kind, random, traders), another }
}

/** Traders use the same few lists for all their orders. */
function listsFor(kind: Kind, random: Random, traders: number): readonly NodeFilter[] {
  const length = kind === 'denyLists' ? Math.min(200, Math.floor(traders / 2)) : 3
  const nodes = () => Array.from({ length }, () => nodeOf(random.skewed(traders)))
  return Array.from({ length: Math.min(500, traders) }, (_, index) => ({
    kind: kind === 'realistic' && index % 4 === 0 ? 'allow' : 'deny',
    nodes: nodes(),
  }))
}

function orderOf(
  kind: Kind,
  random: Random,
  traders: number,
  lists: readonly NodeFilter[],
  arrival: number,
): BookOrder {
  const isAsk = random.chance(50)
  const trader = kind === 'plain' ? random.below(traders) : random.skewed(traders)
  const units = 1 + random.skewed(kind === 'wideMinimums' ? 1000 : 100)
  const minUnits = minimumOf(kind, random, units)
  const order = {
    nonce: toHex(sha256(Buffer.from(padded(arrival)))) as OrderNonce,
    version: versionOf(kind, random),
    auctionType: 'inbound' as const,
    rate: ratePpb(kind === 'onePrice' ? 5000 : 1000 + random.below(8000) + (isAsk ? 0 : 500)),
    amount: unitsToSat(supplyUnits(units)),
    minUnitsMatch: supplyUnits(minUnits),
    leaseDuration: DURATION,
    maxBatchFeeRate: satPerKWeight(kind === 'realistic' && random.chance(5) ? 300 : 25_000),
    channelType: channelTypeOf(kind, random),
    multiSigKey: keyOf(arrival),
    nodeKey: nodeOf(trader),
    nodeAddresses: ADDRESSES,
    accountKey: accountOf(trader),
    nodeFilter: filterOf(kind, random, lists, trader),
    isPublic: false,
  }
  const full = isAsk ? askOf(kind, random, order) : bidOf(kind, random, order)
  return { order: full, state: 'submitted', unitsUnfulfilled: supplyUnits(units), arrival, terms: TERMS }
}

type Common = Omit<Ask, 'kind' | 'announcement' | 'confirmation'>

function askOf(kind: Kind, random: Random, order: Common): Ask {
  const wishes = kind === 'manyClasses' ? 66 : kind === 'realistic' ? 5 : 0
  return {
    ...order,
    kind: 'ask',
    announcement: random.chance(wishes) ? random.pick(['onlyAnnounced', 'onlyUnannounced']) : 'none',
    confirmation: random.chance(wishes) ? random.pick(['onlyConfirmed', 'onlyZeroConf']) : 'none',
  }
}

function bidOf(kind: Kind, random: Random, order: Common): Bid {
  const flags = kind === 'manyClasses' ? 50 : kind === 'realistic' ? 8 : 0
  const isWhole = kind === 'realistic' && random.chance(5)
  return {
    ...order,
    ...(isWhole ? { minUnitsMatch: supplyUnits(Number(order.amount / 100_000n)) } : {}),
    kind: 'bid',
    minNodeTier: kind !== 'plain' && random.chance(50) ? 'tier1' : 'tier0',
    selfChannelBalance: isWhole ? addSat(satoshi(100_000)) : satoshi(0),
    isSidecar: false,
    unannounced: random.chance(flags),
    zeroConf: random.chance(flags),
  }
}

function minimumOf(kind: Kind, random: Random, units: number): number {
  if (kind === 'wideMinimums') return 1 + random.below(units)
  return kind === 'realistic' && random.chance(20) ? 1 + random.below(units) : 1
}

function versionOf(kind: Kind, random: Random): OrderVersion {
  return kind === 'manyClasses' ? random.pick([2, 3, 5, 5]) : 5
}

function channelTypeOf(kind: Kind, random: Random): Ask['channelType'] {
  if (kind === 'manyClasses') return random.pick(['peerDependent', 'scriptEnforced', 'simpleTaproot'])
  return kind === 'realistic' && random.chance(30) ? 'scriptEnforced' : 'peerDependent'
}

function filterOf(kind: Kind, random: Random, lists: readonly NodeFilter[], trader: number): NodeFilter {
  const share = kind === 'denyLists' ? 90 : kind === 'realistic' ? 10 : 0
  return random.chance(share) ? (lists[trader % lists.length] as NodeFilter) : { kind: 'any' }
}

function contextOf(kind: Kind, random: Random, traders: number): MatchContext {
  const accounts = new Map(
    Array.from({ length: traders }, (_, number) => [accountOf(number), bookAccount(kind, random, number)] as const),
  )
  const lowTiers = kind === 'plain' ? 0 : Math.floor(traders / 5)
  return {
    feeRate: satPerKWeight(1000),
    height: blockHeight(1000),
    expiryMargin: blockCount(144),
    accounts,
    sidecarRecipients: new Map(),
    openDurations: new Set([DURATION]),
    tiers: new Map(Array.from({ length: lowTiers }, (_, index) => [nodeOf(index * 5), 0])),
    defaultTier: 1,
    bannedAccounts: new Set(),
    bannedNodes: new Set(),
    silentAccounts: new Set(),
    conflicts: new Set(),
    excludedOrders: new Set(),
    excludedAccounts: new Set(),
    pendingChannels: new Map(),
    rules: DEFAULT_MATCH_RULES,
  }
}

function bookAccount(kind: Kind, random: Random, number: number): BookAccount {
  const isOffline = kind === 'realistic' && random.chance(10)
  return {
    account: {
      key: accountOf(number),
      value: satoshi(1_000_000_000_000n),
      expiry: blockHeight(100_000),
      version: 1,
      auctioneerKey: accountOf(0),
      batchKey: INITIAL_BATCH_KEY,
      secret: new Uint8Array(32),
      outpoint: { txid: padded(number) as Txid, index: 0 },
    },
    ready: true,
    stream: isOffline ? undefined : { id: streamId(`s${number}`), batchVersion: LATEST_BATCH_VERSION },
  }
}
