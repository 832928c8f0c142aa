import {
  addSat,
  batchKey,
  blockCount,
  blockHeight,
  INITIAL_BATCH_KEY,
  orderNonce,
  outPoint,
  pointFromSecret,
  pubKey,
  satPerKWeight,
  satoshi,
  sha256,
  txid,
  toHex,
  type AccountKey,
  type BatchKey,
  type NodeKey,
  type PubKey,
} from '@tidepool/crypto'
import type { Account, AccountVersion } from '../src/account.ts'
import { LATEST_BATCH_VERSION } from '../src/batchVersion.ts'
import { streamId, type BookAccount, type BookAsk, type BookBid, type BookOrder } from '../src/book.ts'
import type { FeeSchedule } from '../src/feeSchedule.ts'
import type { Ask, Bid, OrderBase } from '../src/order.ts'
import { ratePpb, supplyUnits, unitsToSat } from '../src/supplyUnit.ts'
import type { MasterOutput } from '../src/matching/batchTypes.ts'
import { DEFAULT_MATCH_RULES, type MatchContext } from '../src/matching/types.ts'

const keys = new Map<number, PubKey>()

/** The point with this discrete logarithm. */
export function keyOf(secret: number): PubKey {
  const known = keys.get(secret)
  if (known !== undefined) return known
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(28, secret)
  const key = pubKey(pointFromSecret(bytes))
  keys.set(secret, key)
  return key
}

const hash = (text: string): string => toHex(sha256(new TextEncoder().encode(text)))

export const TERMS: FeeSchedule = { baseFee: satoshi(1), feeRatePpm: 1000n }

/** Trader number n has account key n + 1, node n + 1001, stream `s<n>`. */
export const accountOf = (trader: number): AccountKey => keyOf(trader + 1) as AccountKey
export const nodeOf = (trader: number): NodeKey => keyOf(trader + 1001) as NodeKey

export interface OrderOptions {
  readonly trader: number
  readonly rate: number
  readonly units: number
  readonly minUnits?: number
  readonly name?: string
  readonly arrival?: number
  readonly terms?: FeeSchedule
}

function baseOf(options: OrderOptions, kind: 'ask' | 'bid'): OrderBase {
  const name = options.name ?? `${kind} ${options.trader} ${options.rate} ${options.units} ${options.arrival ?? 0}`
  return {
    nonce: orderNonce(hash(name)),
    version: 5,
    auctionType: 'inbound',
    rate: ratePpb(options.rate),
    amount: unitsToSat(supplyUnits(options.units)),
    minUnitsMatch: supplyUnits(options.minUnits ?? 1),
    leaseDuration: blockCount(2016),
    maxBatchFeeRate: satPerKWeight(25_000),
    channelType: 'peerDependent',
    multiSigKey: keyOf(2000 + options.trader * 100 + (options.arrival ?? 0) * 2 + (kind === 'ask' ? 0 : 1)),
    nodeKey: nodeOf(options.trader),
    nodeAddresses: [{ network: 'tcp', addr: '127.0.0.1:9735' }],
  }
}

const ownerOf = (options: OrderOptions) =>
  ({ accountKey: accountOf(options.trader), nodeFilter: { kind: 'any' }, isPublic: false }) as const

function entryOf<O extends Ask | Bid>(order: O, options: OrderOptions): BookOrder<O> {
  return {
    order,
    state: 'submitted',
    unitsUnfulfilled: supplyUnits(options.units),
    arrival: options.arrival ?? 0,
    terms: options.terms ?? TERMS,
  }
}

export function ask(options: OrderOptions, extra: Partial<Ask> = {}): BookAsk {
  const base = { kind: 'ask', announcement: 'none', confirmation: 'none' } as const
  return entryOf({ ...baseOf(options, 'ask'), ...ownerOf(options), ...base, ...extra }, options)
}

export function bid(options: OrderOptions, extra: Partial<Bid> = {}): BookBid {
  const base = {
    kind: 'bid',
    minNodeTier: 'tier0',
    selfChannelBalance: satoshi(0),
    isSidecar: false,
    unannounced: false,
    zeroConf: false,
  } as const
  return entryOf({ ...baseOf(options, 'bid'), ...ownerOf(options), ...base, ...extra }, options)
}

export const AUCTIONEER_KEY: PubKey = keyOf(900_000)
export const BATCH_KEY: BatchKey = batchKey(INITIAL_BATCH_KEY)

export function account(trader: number, extra: Partial<Account> = {}): Account {
  return {
    key: accountOf(trader),
    value: satoshi(1_000_000_000n),
    expiry: blockHeight(10_000),
    version: (trader % 3) as AccountVersion,
    auctioneerKey: AUCTIONEER_KEY,
    batchKey: BATCH_KEY,
    secret: sha256(Uint8Array.of(trader & 255, trader >> 8)),
    outpoint: outPoint(txid(hash(`account ${trader}`)), trader % 4),
    ...extra,
  }
}

export function bookAccount(trader: number, extra: Partial<BookAccount> = {}): BookAccount {
  return {
    account: account(trader),
    ready: true,
    stream: { id: streamId(`s${trader}`), batchVersion: LATEST_BATCH_VERSION },
    ...extra,
  }
}

/** A context in which traders 0 to `traders - 1` may trade. */
export function context(traders: number, extra: Partial<MatchContext> = {}): MatchContext {
  const accounts = Array.from({ length: traders }, (_, trader) => bookAccount(trader))
  return {
    feeRate: satPerKWeight(253),
    height: blockHeight(1000),
    expiryMargin: blockCount(144),
    accounts: new Map(accounts.map((entry) => [entry.account.key, entry])),
    sidecarRecipients: new Map(),
    openDurations: new Set([blockCount(2016)]),
    tiers: new Map(),
    defaultTier: 1,
    bannedAccounts: new Set(),
    bannedNodes: new Set(),
    silentAccounts: new Set(),
    conflicts: new Set(),
    excludedOrders: new Set(),
    excludedAccounts: new Set(),
    pendingChannels: new Map(),
    rules: DEFAULT_MATCH_RULES,
    ...extra,
  }
}

/** The context with some accounts replaced. */
export function withAccounts(base: MatchContext, ...accounts: readonly BookAccount[]): MatchContext {
  return {
    ...base,
    accounts: new Map([...base.accounts, ...accounts.map((entry) => [entry.account.key, entry] as const)]),
  }
}

export function master(value: bigint = 10_000_000n): MasterOutput {
  return {
    key: AUCTIONEER_KEY,
    batchKey: BATCH_KEY,
    outpoint: outPoint(txid(hash('master')), 1),
    value: addSat(value),
  }
}
