import { blockCount, satPerKWeight, satoshi } from '@tidepool/crypto'
import fc from 'fast-check'
import { nodePair, type BookOrder } from '../src/book.ts'
import type { AnnouncementConstraint, ChannelType, ConfirmationConstraint, NodeFilter } from '../src/order.ts'
import { UNIT_SAT } from '../src/supplyUnit.ts'
import type { MatchContext } from '../src/matching/types.ts'
import { account, ask, bid, bookAccount, context, nodeOf, withAccounts } from './books.ts'

export const TRADERS = 10
export const DURATIONS = [2016, 4032] as const

export interface Scene {
  readonly book: readonly BookOrder[]
  readonly context: MatchContext
}

const trader = fc.nat(TRADERS - 1)
/** One value mostly, the others now and then. */
const mostly = <T>(usual: T, ...rare: readonly T[]) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constant(usual) },
    ...rare.map((value) => ({ weight: 1, arbitrary: fc.constant(value) })),
  )

const channelType = mostly<ChannelType>('peerDependent', 'scriptEnforced', 'simpleTaproot')

const nodeFilter: fc.Arbitrary<NodeFilter> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<NodeFilter>({ kind: 'any' }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('allow' as const, 'deny' as const),
      nodes: fc.array(trader.map(nodeOf)),
    }),
  },
)

const size = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 4 }))
  .map(([units, min]) => ({ units, minUnits: Math.min(units, min) }))

const shared = fc.record({
  trader,
  rate: fc.integer({ min: 2, max: 12 }).map((tens) => tens * 1000),
  size,
  outbound: mostly(false, true),
  duration: mostly<number>(...DURATIONS),
  channelType,
  nodeFilter,
  feeRate: mostly(25_000, 253),
})

type Shared = typeof shared extends fc.Arbitrary<infer T> ? T : never

const common = (raw: Shared) => ({
  leaseDuration: blockCount(raw.duration),
  channelType: raw.channelType,
  nodeFilter: raw.nodeFilter,
  maxBatchFeeRate: satPerKWeight(raw.feeRate),
  ...(raw.outbound ? { auctionType: 'outbound' as const } : {}),
})

const optionsOf = (raw: Shared, arrival: number) => ({
  trader: raw.trader,
  rate: raw.rate,
  units: raw.outbound ? 1 : raw.size.units,
  arrival,
})

const order = fc.record({
  shared,
  isAsk: fc.boolean(),
  announcement: mostly<AnnouncementConstraint>('none', 'onlyAnnounced', 'onlyUnannounced'),
  confirmation: mostly<ConfirmationConstraint>('none', 'onlyConfirmed', 'onlyZeroConf'),
  flags: fc.record({ unannounced: mostly(false, true), zeroConf: mostly(false, true), tier1: fc.boolean() }),
  selfBalance: fc.option(fc.integer({ min: 1, max: 12 }), { freq: 1 }),
})

type RawOrder = typeof order extends fc.Arbitrary<infer T> ? T : never

function entryOf(raw: RawOrder, arrival: number): BookOrder {
  const { shared: own } = raw
  const options = optionsOf(own, arrival)
  if (raw.isAsk) {
    const { announcement, confirmation } = raw
    return ask({ ...options, minUnits: own.size.minUnits }, { ...common(own), announcement, confirmation })
  }
  const balance = own.outbound ? (raw.selfBalance ?? 1) : Math.min(raw.selfBalance ?? 0, options.units)
  const whole = balance > 0 && !own.outbound
  return bid(
    { ...options, minUnits: own.outbound ? 1 : whole ? options.units : own.size.minUnits },
    {
      ...common(own),
      minNodeTier: raw.flags.tier1 ? 'tier1' : 'tier0',
      selfChannelBalance: satoshi(BigInt(balance) * UNIT_SAT),
      unannounced: raw.flags.unannounced,
      zeroConf: raw.flags.zeroConf,
    },
  )
}

/** Books of few traders and rates, so that orders meet, tie and conflict. */
export const scene: fc.Arbitrary<Scene> = fc
  .record({
    orders: fc.array(order, { minLength: 1, maxLength: 40, size: 'max' }),
    lowTier: fc.array(trader, { maxLength: 2 }),
    conflicts: fc.array(fc.tuple(trader, trader), { maxLength: 2 }),
    poor: fc.array(fc.tuple(trader, fc.integer({ min: 1000, max: 2_000_000 })), { maxLength: 2 }),
    offline: fc.array(trader, { maxLength: 1 }),
  })
  .map(({ orders, lowTier, conflicts, poor, offline }) => {
    const base = context(TRADERS, {
      openDurations: new Set(DURATIONS.map((duration) => blockCount(duration))),
      feeRate: satPerKWeight(1000),
      tiers: new Map(lowTier.map((number) => [nodeOf(number), 0])),
      conflicts: new Set(conflicts.map(([a, b]) => nodePair(nodeOf(a), nodeOf(b)))),
    })
    const changed = [
      ...poor.map(([number, value]) => bookAccount(number, { account: account(number, { value: satoshi(value) }) })),
      ...offline.map((number) => bookAccount(number, { stream: undefined })),
    ]
    return { book: orders.map(entryOf), context: withAccounts(base, ...changed) }
  })
