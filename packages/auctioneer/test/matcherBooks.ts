import {
  INITIAL_BATCH_KEY,
  batchKey,
  blockCount,
  blockHeight,
  orderNonce,
  outPoint,
  pointFromSecret,
  pubKey,
  satPerKWeight,
  satoshi,
  sha256,
  toHex,
  txid,
  type AccountKey,
  type NodeKey,
  type PubKey,
} from '@tidepool/crypto'
import {
  DEFAULT_MATCH_RULES,
  LATEST_BATCH_VERSION,
  ratePpb,
  streamId,
  supplyUnits,
  unitsToSat,
  type BookAccount,
  type BookOrder,
  type SupplyUnits,
} from '@tidepool/market'
import type { AttemptInput } from '../src/core/buildAttempt.ts'

const TRADERS = 12

function keyOf(secret: number): PubKey {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(28, secret)
  return pubKey(pointFromSecret(bytes))
}

const KEYS = Array.from({ length: 3 * TRADERS }, (_, number) => keyOf(number + 1))
const keyAt = (number: number): PubKey => KEYS[number] ?? keyOf(1)
const hash = (text: string): string => toHex(sha256(new TextEncoder().encode(text)))

/** A book of asks and bids in turn, of a dozen traders. */
export function bookOf(size: number): readonly BookOrder[] {
  return Array.from({ length: size }, (_, number): BookOrder => {
    const trader = number % TRADERS
    const units: SupplyUnits = supplyUnits(1 + (number % 7))
    const base = {
      nonce: orderNonce(hash(`order ${number}`)),
      version: 5 as const,
      auctionType: 'inbound' as const,
      amount: unitsToSat(units),
      minUnitsMatch: supplyUnits(1),
      leaseDuration: blockCount(2016),
      maxBatchFeeRate: satPerKWeight(25_000),
      channelType: 'peerDependent' as const,
      multiSigKey: keyAt(2 * TRADERS + trader),
      nodeKey: keyAt(TRADERS + trader) as unknown as NodeKey,
      nodeAddresses: [],
      accountKey: keyAt(trader) as unknown as AccountKey,
      nodeFilter: { kind: 'any' as const },
      isPublic: false,
    }
    const order =
      number % 2 === 0
        ? {
            ...base,
            rate: ratePpb(1000 + (number % 50)),
            kind: 'ask' as const,
            announcement: 'none' as const,
            confirmation: 'none' as const,
          }
        : {
            ...base,
            rate: ratePpb(1020 + (number % 50)),
            kind: 'bid' as const,
            minNodeTier: 'tier1' as const,
            selfChannelBalance: satoshi(0),
            isSidecar: false,
            unannounced: false,
            zeroConf: false,
          }
    const terms = { baseFee: satoshi(1), feeRatePpm: 1000n }
    return { order, state: 'submitted', unitsUnfulfilled: units, arrival: number, terms }
  })
}

function accountAt(trader: number): BookAccount {
  return {
    account: {
      key: keyAt(trader) as unknown as AccountKey,
      value: satoshi(10_000_000_000n),
      expiry: blockHeight(10_000),
      version: trader % 2 === 0 ? 0 : 2,
      auctioneerKey: keyAt(0),
      batchKey: batchKey(INITIAL_BATCH_KEY),
      secret: sha256(Uint8Array.of(trader)),
      outpoint: outPoint(txid(hash(`account ${trader}`)), 0),
    },
    ready: true,
    stream: { id: streamId(`s${trader}`), batchVersion: LATEST_BATCH_VERSION },
  }
}

/** Everything but the book; a later attempt has another fee rate. */
export function attemptInput(attempt: number): Omit<AttemptInput, 'book'> {
  const accounts = Array.from({ length: TRADERS }, (_, trader) => accountAt(trader))
  return {
    attempt,
    match: {
      feeRate: satPerKWeight(300 + attempt),
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
    },
    construct: {
      batchId: batchKey(INITIAL_BATCH_KEY),
      extendExpiry: undefined,
      upgradeTo: undefined,
      extraFee: satoshi(0),
    },
    master: {
      key: keyAt(0),
      batchKey: batchKey(INITIAL_BATCH_KEY),
      outpoint: outPoint(txid(hash('master')), 0),
      value: satoshi(50_000_000),
    },
    unconfirmed: { transactions: 0, fee: 0n, weight: 0, virtualSize: 0 },
    chainLimits: { transactions: 20, virtualSize: 100_500 },
    maxFeeRate: satPerKWeight(100_000),
  }
}
