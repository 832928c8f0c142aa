import { randomBytes } from 'node:crypto'
import {
  blockCount,
  blockHeight,
  INITIAL_BATCH_KEY,
  pointFromSecret,
  pubKey,
  satoshi,
  satPerKWeight,
  sha256,
  toHex,
} from '@tidepool/crypto'
import { accountKey, outPoint, txid, type AccountKey } from '@tidepool/crypto'
import {
  Auctioneer,
  NodeRatings,
  type AccountRecord,
  type AuctioneerOptions,
  type AuctioneerPorts,
} from '@tidepool/auctioneer'
import { DEFAULT_MATCH_RULES } from '@tidepool/market'

export const ACCOUNTS = 100

/** The secret of an account, so that another process can sign for it. */
export const secretOf = (account: number): Uint8Array => sha256(Buffer.from(`account ${account}`))
export const keyOf = (account: number): AccountKey => accountKey(toHex(pointFromSecret(secretOf(account))))

const HEIGHT = blockHeight(800_000)
const KEY = pubKey(toHex(pointFromSecret(sha256(Buffer.from('auctioneer')))))

const OPTIONS: AuctioneerOptions = {
  maxAccountValue: satoshi(1_000_000_000),
  executionFee: { baseFee: satoshi(1), feeRatePpm: 1000n },
  buckets: new Map([[blockCount(2016), 'open']]),
  caps: { orderAmount: satoshi(1_000_000_000), channelCapacity: satoshi(1_000_000_000), ordersPerAccount: 1000 },
  autoRenewExtension: blockCount(3024),
  expiryMargin: blockCount(144),
  upgradeTo: undefined,
  confTarget: 6,
  minFeeRate: satPerKWeight(253),
  maxFeeRate: satPerKWeight(50_000),
  chainLimits: { transactions: 20, virtualSize: 100_500 },
  intervalMs: 0,
  stepTimeoutMs: 30_000,
  quietMs: 0,
  conflictCooldown: 1,
  silenceLimitMs: 86_400_000,
  defaultTier: 1,
  rules: DEFAULT_MATCH_RULES,
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const never = (): never => {
  throw new Error('no part of this measurement')
}

function after(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms)
  return () => clearTimeout(timer)
}

/** An auctioneer that only takes orders: real store and rules, no node behind it. */
export function openAuctioneer(
  store: AuctioneerPorts['store'],
  signatures?: NonNullable<AuctioneerPorts['signatures']>,
): Promise<Auctioneer> {
  return Auctioneer.open(OPTIONS, {
    store,
    wallet: {
      deriveKey: (locator) => Promise.resolve({ key: KEY, locator }),
      sharedSecret: never,
      estimateFeeRate: never,
      sendOutput: never,
      findPayment: never,
      publish: never,
      balance: never,
    },
    signer: {
      ...{ signEcdsa: never, beginMuSig2: never, signMuSig2: never },
      ...{ registerNonce: never, finishMuSig2: never, dropMuSig2: never },
    },
    chain: { bestHeight: () => HEIGHT, onBlock: never, watchConfirmation: never, watchSpend: never },
    clock: { now: () => Date.now(), after },
    entropy: { bytes: (length) => new Uint8Array(randomBytes(length)) },
    faults: { reach: () => {}, uncertain: () => {} },
    ratings: new NodeRatings(new Map(), 1),
    logger: silent,
    ...(signatures !== undefined && { signatures }),
  })
}

/** An open account with enough in it for a thousand orders of one unit. */
export function accountOf(number: number): AccountRecord {
  return {
    account: {
      key: keyOf(number),
      value: satoshi(1_000_000_000),
      expiry: blockHeight(850_000),
      version: 2,
      auctioneerKey: KEY,
      batchKey: INITIAL_BATCH_KEY,
      secret: new Uint8Array(32).fill(1),
      outpoint: outPoint(txid(number.toString(16).padStart(64, '0')), 0),
    },
    state: { kind: 'open', via: 'funding' },
    heightHint: HEIGHT,
    latestTx: undefined,
    userAgent: 'bench',
    changes: [],
    previous: undefined,
    steps: 0,
  }
}
