import { blockCount, satPerKWeight, satoshi, type PubKey } from '@tidepool/crypto'
import fc from 'fast-check'
import { batchVersion } from '../src/batchVersion.ts'
import { nodePair, streamId, type BookOrder } from '../src/book.ts'
import type { NodeFilter, OrderState, OrderVersion } from '../src/order.ts'
import { UNIT_SAT } from '../src/supplyUnit.ts'
import type { Scene } from './arbitraryBooks.ts'
import { accountOf, ask, bid, bookAccount, context, keyOf, nodeOf, withAccounts } from './books.ts'

/** Few, so that nodes, accounts and streams collide. */
const TRADERS = 6
const RECIPIENT = 50
const trader = fc.nat(TRADERS - 1)

const nodeFilter: fc.Arbitrary<NodeFilter> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<NodeFilter>({ kind: 'any' }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('allow' as const, 'deny' as const),
      nodes: fc.array(trader.map(nodeOf), { maxLength: 5 }),
    }),
  },
)

const order = fc.record({
  trader,
  /** Whose node it names, where that is not the trader's own. */
  node: fc.option(trader, { freq: 5 }),
  isAsk: fc.boolean(),
  outbound: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  rate: fc.integer({ min: 1, max: 8 }),
  units: fc.integer({ min: 1, max: 30 }),
  filled: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10 })),
  min: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 30 })),
  version: fc.constantFrom<OrderVersion>(5, 5, 5, 4, 3, 2, 0),
  duration: fc.constantFrom(2016, 2016, 4032),
  channelType: fc.constantFrom('peerDependent' as const, 'scriptEnforced' as const, 'simpleTaproot' as const),
  announcement: fc.constantFrom('none' as const, 'none' as const, 'onlyAnnounced' as const, 'onlyUnannounced' as const),
  confirmation: fc.constantFrom('none' as const, 'none' as const, 'onlyConfirmed' as const, 'onlyZeroConf' as const),
  unannounced: fc.boolean(),
  zeroConf: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  tier1: fc.boolean(),
  balance: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 9 }) }),
  isSidecar: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
  nodeFilter,
  feeRate: fc.constantFrom(25_000, 25_000, 25_000, 253),
  state: fc.constantFrom<OrderState>('submitted', 'submitted', 'submitted', 'partiallyFilled', 'canceled'),
})

type Raw = typeof order extends fc.Arbitrary<infer T> ? T : never

function entryOf(raw: Raw, arrival: number): BookOrder {
  const units = raw.outbound ? 1 : raw.units
  const options = {
    trader: raw.trader,
    rate: raw.rate,
    units,
    minUnits: raw.outbound ? raw.min : Math.min(raw.min, units),
  }
  const common = {
    version: raw.version,
    leaseDuration: blockCount(raw.duration),
    channelType: raw.channelType,
    nodeFilter: raw.nodeFilter,
    maxBatchFeeRate: satPerKWeight(raw.feeRate),
    auctionType: raw.outbound ? ('outbound' as const) : ('inbound' as const),
    nodeKey: nodeOf(raw.node ?? raw.trader),
  }
  const { announcement, confirmation, unannounced, zeroConf } = raw
  const entry = raw.isAsk
    ? ask({ ...options, arrival }, { ...common, announcement, confirmation })
    : bid(
        { ...options, arrival },
        {
          ...common,
          unannounced,
          zeroConf,
          minNodeTier: raw.tier1 ? 'default' : 'tier0',
          selfChannelBalance: satoshi(BigInt(raw.balance) * UNIT_SAT + (raw.balance > 4 ? 7n : 0n)),
          isSidecar: raw.isSidecar && !raw.outbound,
          ...(raw.isSidecar ? { multiSigKey: recipientKey(raw.trader) } : {}),
        },
      )
  const left = raw.outbound ? units : Math.max(0, units - raw.filled)
  return { ...entry, unitsUnfulfilled: left as BookOrder['unitsUnfulfilled'], state: raw.state }
}

const recipientKey = (number: number): PubKey => keyOf(5000 + (number % 3))

/** Books that use every attribute, list, version and state there is, among few traders, so that every rule has a say. */
export const richScene: fc.Arbitrary<Scene> = fc
  .record({
    orders: fc.array(order, { minLength: 1, maxLength: 60, size: 'max' }),
    lowTier: fc.array(trader, { maxLength: 2 }),
    defaultTier: fc.constantFrom(0 as const, 1 as const),
    conflicts: fc.array(fc.tuple(trader, trader), { maxLength: 3 }),
    streams: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: TRADERS, maxLength: TRADERS }),
    versions: fc.array(fc.constantFrom(58, 58, 58, 10, 1, 17), { minLength: TRADERS, maxLength: TRADERS }),
    banned: fc.array(trader, { maxLength: 1 }),
    offline: fc.array(trader, { maxLength: 1 }),
    channelTypes: fc.constantFrom('mixed' as const, 'equal' as const),
  })
  .map((raw) => {
    const base = context(TRADERS, {
      openDurations: new Set([2016, 4032].map((duration) => blockCount(duration))),
      feeRate: satPerKWeight(1000),
      tiers: new Map(raw.lowTier.map((number) => [nodeOf(number), 0])),
      defaultTier: raw.defaultTier,
      conflicts: new Set(raw.conflicts.map(([a, b]) => nodePair(nodeOf(a), nodeOf(b)))),
      bannedNodes: new Set(raw.banned.map(nodeOf)),
      bannedAccounts: new Set(raw.banned.map((number) => accountOf((number + 1) % TRADERS))),
      silentAccounts: new Set(raw.banned.map((number) => accountOf((number + 2) % TRADERS))),
      sidecarRecipients: new Map(
        [0, 1].map((number) => [
          recipientKey(number),
          { id: streamId(`s${number === 0 ? 1 : RECIPIENT}`), batchVersion: batchVersion(58) },
        ]),
      ),
    })
    const accounts = raw.streams.map((stream, number) =>
      bookAccount(number, {
        stream: raw.offline.includes(number)
          ? undefined
          : { id: streamId(`s${stream}`), batchVersion: batchVersion(raw.versions[number] ?? 58) },
      }),
    )
    const made = withAccounts(base, ...accounts)
    return {
      book: raw.orders.map(entryOf),
      context: { ...made, rules: { ...made.rules, channelTypes: raw.channelTypes } },
    }
  })
