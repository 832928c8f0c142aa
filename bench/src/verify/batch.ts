import {
  batchKey,
  blockCount,
  blockHeight,
  INITIAL_BATCH_KEY,
  orderNonce,
  outPoint,
  satPerKWeight,
  satoshi,
  sha256,
  toHex,
  txid,
} from '@tidepool/crypto'
import {
  clearMarket,
  constructBatch,
  DEFAULT_MATCH_RULES,
  LATEST_BATCH_VERSION,
  ratePpb,
  streamId,
  supplyUnits,
  unitsToSat,
  type Ask,
  type Bid,
  type BookAccount,
  type BookAsk,
  type BookBid,
  type ConstructedBatch,
  type Match,
  type MatchContext,
} from '@tidepool/market'
import { accountKeyOf, fundingKeyOf, nodeKeyOf } from '../keys.ts'

/** Bids that fill one ask of the trader whose verification is measured. */
const BIDS_PER_ASK = 10
const RATE = ratePpb(2000)
const DURATION = blockCount(2016)
const HEIGHT = blockHeight(800_000)
const FEE_RATE = satPerKWeight(1000)
const TERMS = { baseFee: satoshi(1), feeRatePpm: 1000n }
const ADDRESSES = [{ network: 'tcp', addr: '127.0.0.1:9735' }] as const
const AUCTIONEER_KEY = fundingKeyOf('auctioneer')

/** A batch as the auctioneer builds it, and the trader of it that has the own matches asked for. */
export interface LargeBatch {
  readonly batch: ConstructedBatch
  readonly context: MatchContext
  readonly asks: readonly BookAsk[]
  readonly accounts: readonly BookAccount[]
  readonly stream: ReturnType<typeof streamId>
}

const hash = (text: string): Uint8Array => sha256(Buffer.from(text))

/** `ownMatches` of one trader, ten to an ask and an account; the other accounts trade in pairs. */
export function largeBatch(accounts: number, ownMatches: number): LargeBatch {
  const asks = Math.ceil(ownMatches / BIDS_PER_ASK)
  const stream = streamId('own')
  const book = new Map(
    Array.from({ length: accounts }, (_, number) => {
      const entry = bookAccount(number, number < asks ? stream : streamId(`s${number}`))
      return [entry.account.key, entry] as const
    }),
  )
  const own = Array.from({ length: asks }, (_, number) => ask(number, 0, Math.min(BIDS_PER_ASK, ownMatches)))
  const matches = Array.from({ length: ownMatches }, (_, number) =>
    match(own[Math.floor(number / BIDS_PER_ASK)] ?? ask(0, 0, 1), bid(asks + number)),
  )
  const first = asks + ownMatches
  for (let number = first; number + 1 < accounts; number += 2) {
    matches.push(match(ask(number, number, 2), bid(number + 1)))
  }
  // Nobody is left over: an odd one takes the other unit of the first pair's ask.
  if ((accounts - first) % 2 === 1) matches.push(match(ask(first, first, 2), bid(accounts - 1)))
  const context = contextOf(book)
  const cleared = clearMarket({ matches, prices: new Map([[DURATION, RATE]]), unmatched: new Map() }, context)
  if (cleared.kind !== 'cleared') throw new Error('an account would be overdrawn')
  const batch = constructBatch(cleared.market, master(), {
    batchId: batchKey(INITIAL_BATCH_KEY),
    feeRate: FEE_RATE,
    heightHint: HEIGHT,
    sidecarRecipients: new Map(),
  })
  const mine = [...book.values()].filter((entry) => entry.stream?.id === stream)
  return { batch, context, asks: own, accounts: mine, stream }
}

const match = (maker: BookAsk, taker: BookBid): Match => ({ ask: maker, bid: taker, units: supplyUnits(1) })

function base(account: number, node: number, side: 'ask' | 'bid', units: number) {
  return {
    nonce: orderNonce(hash(`${side} ${account}`)),
    version: 5,
    auctionType: 'inbound',
    rate: RATE,
    amount: unitsToSat(supplyUnits(units)),
    minUnitsMatch: supplyUnits(1),
    leaseDuration: DURATION,
    maxBatchFeeRate: satPerKWeight(25_000),
    channelType: 'scriptEnforced',
    multiSigKey: fundingKeyOf(`${side} ${account}`),
    nodeKey: nodeKeyOf(node),
    nodeAddresses: ADDRESSES,
    accountKey: accountKeyOf(account),
    nodeFilter: { kind: 'any' },
    isPublic: false,
  } as const
}

const entry = <O extends Ask | Bid>(order: O, units: number) =>
  ({ order, state: 'submitted', unitsUnfulfilled: supplyUnits(units), arrival: 0, terms: TERMS }) as const

const ask = (account: number, node: number, units: number): BookAsk =>
  entry({ ...base(account, node, 'ask', units), kind: 'ask', announcement: 'none', confirmation: 'none' }, units)

const bid = (account: number): BookBid =>
  entry(
    {
      ...base(account, account, 'bid', 1),
      kind: 'bid',
      minNodeTier: 'tier0',
      selfChannelBalance: satoshi(0),
      isSidecar: false,
      unannounced: false,
      zeroConf: false,
    },
    1,
  )

const bookAccount = (number: number, id: ReturnType<typeof streamId>): BookAccount => ({
  account: {
    key: accountKeyOf(number),
    value: satoshi(10_000_000),
    expiry: blockHeight(810_000),
    version: 2,
    auctioneerKey: AUCTIONEER_KEY,
    batchKey: batchKey(INITIAL_BATCH_KEY),
    secret: hash(`secret ${number}`),
    outpoint: outPoint(txid(toHex(hash(`account output ${number}`))), number % 3),
  },
  ready: true,
  stream: { id, batchVersion: LATEST_BATCH_VERSION },
})

const master = () => ({
  key: AUCTIONEER_KEY,
  batchKey: batchKey(INITIAL_BATCH_KEY),
  outpoint: outPoint(txid(toHex(hash('master output'))), 0),
  value: satoshi(100_000_000),
})

const contextOf = (accounts: MatchContext['accounts']): MatchContext => ({
  feeRate: FEE_RATE,
  height: HEIGHT,
  expiryMargin: blockCount(144),
  accounts,
  sidecarRecipients: new Map(),
  openDurations: new Set([DURATION]),
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
})
