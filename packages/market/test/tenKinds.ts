import { satoshi } from '@tidepool/crypto'
import type { BookOrder } from '../src/book.ts'
import type { Ask, Bid, NodeFilter } from '../src/order.ts'
import { UNIT_SAT } from '../src/supplyUnit.ts'
import type { Scene } from './arbitraryBooks.ts'
import { ask, bid, context, nodeOf } from './books.ts'

/** Kinds of books on which the outcome is compared with the exact optimum. */
export const TEN_KINDS = [
  'plain',
  'twoLevels',
  'poisoned',
  'wideMinimums',
  'wholeFills',
  'nodeLists',
  'tiersAndTypes',
  'onePrice',
  'fewBigManySmall',
  'outboundMix',
] as const
export type BookKind = (typeof TEN_KINDS)[number]

type Draw = (from: number, to: number) => number

/** The same numbers from the same seed (a linear congruential generator). */
function drawing(seed: number): Draw {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0
  return (from, to) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const mixed = Math.imul(state ^ (state >>> 15), 0x85ebca6b) >>> 0
    return from + Math.floor((mixed / 2 ** 32) * (to - from + 1))
  }
}

/** A book with up to so many orders a side, each of a trader of its own. */
export function bookOfKind(kind: BookKind, seed: number, side: number): Scene {
  const draw = drawing(seed)
  const [asks, bids] = [draw(3, side), draw(3, side)]
  const traders = asks + bids + 4
  const orders: BookOrder[] = []
  for (let i = 0; i < asks; i++) orders.push(askOf(kind, draw, i, traders))
  for (let i = 0; i < bids; i++) orders.push(bidOf(kind, draw, asks + i, traders))
  if (kind === 'poisoned') orders.push(...poison(asks + bids, traders))
  const tiers = new Map(
    Array.from({ length: traders }, (_, number) => [nodeOf(number), draw(0, 2) === 0 ? 0 : 1] as const),
  )
  return { book: orders, context: context(traders, kind === 'tiersAndTypes' ? { tiers } : {}) }
}

function askOf(kind: BookKind, draw: Draw, trader: number, traders: number): BookOrder {
  const { units, minUnits } = sizeOf(kind, draw, trader)
  const outbound = kind === 'outboundMix' && draw(0, 1) === 0
  const extra: Partial<Ask> = {
    nodeFilter: listOf(kind, draw, traders),
    ...(kind === 'tiersAndTypes' ? { channelType: typeOf(draw) } : {}),
    ...(outbound ? { auctionType: 'outbound' as const } : {}),
  }
  return ask(
    {
      trader,
      rate: rateOf(kind, draw, 0),
      units: outbound ? 1 : units,
      minUnits: outbound ? draw(1, 4) : minUnits,
      arrival: trader,
    },
    extra,
  )
}

function bidOf(kind: BookKind, draw: Draw, trader: number, traders: number): BookOrder {
  const { units, minUnits } = sizeOf(kind, draw, trader)
  const outbound = kind === 'outboundMix' && draw(0, 1) === 0
  const whole = kind === 'wholeFills' && draw(0, 2) > 0
  const balance = outbound ? draw(1, 6) : whole ? 1 : 0
  const extra: Partial<Bid> = {
    nodeFilter: listOf(kind, draw, traders),
    selfChannelBalance: satoshi(BigInt(balance) * UNIT_SAT),
    ...(kind === 'tiersAndTypes'
      ? { channelType: typeOf(draw), minNodeTier: draw(0, 1) === 0 ? 'tier0' : 'tier1', unannounced: draw(0, 1) === 0 }
      : {}),
    ...(outbound ? { auctionType: 'outbound' as const } : {}),
  }
  const rate = rateOf(kind, draw, 6)
  return bid(
    { trader, rate, units: outbound ? 1 : units, minUnits: outbound ? 1 : whole ? units : minUnits, arrival: trader },
    extra,
  )
}

function sizeOf(kind: BookKind, draw: Draw, trader: number): { readonly units: number; readonly minUnits: number } {
  const isBig = kind === 'fewBigManySmall' && trader % 6 === 0
  const units = isBig ? draw(40, 120) : kind === 'fewBigManySmall' ? draw(1, 6) : draw(1, 30)
  const minUnits = kind === 'wideMinimums' ? draw(1, units) : draw(0, 3) === 0 ? draw(1, Math.min(4, units)) : 1
  return { units, minUnits }
}

function rateOf(kind: BookKind, draw: Draw, lead: number): number {
  if (kind === 'onePrice') return 5000
  if (kind === 'twoLevels') return (draw(0, 1) === 0 ? 1000 : 9000) + draw(0, 8) * 50 + lead * 50
  return 1000 + (draw(0, 20) + lead) * 100
}

function listOf(kind: BookKind, draw: Draw, traders: number): NodeFilter {
  const sort = kind === 'nodeLists' ? draw(0, 2) : 0
  if (sort === 0) return { kind: 'any' }
  const nodes = Array.from({ length: draw(1, Math.ceil(traders / 3)) }, () => nodeOf(draw(0, traders - 5)))
  return { kind: sort === 1 ? 'deny' : 'allow', nodes }
}

const typeOf = (draw: Draw) =>
  (['peerDependent', 'scriptEnforced', 'simpleTaproot'] as const)[draw(0, 2)] ?? 'peerDependent'

/** Two pairs of colluding traders far below the market. */
function poison(first: number, traders: number): readonly BookOrder[] {
  return [0, 2].flatMap((offset) => {
    const [maker, taker] = [first + offset, Math.min(traders - 1, first + offset + 1)]
    const nodeFilter = { kind: 'allow', nodes: [nodeOf(taker)] } as const
    return [
      ask({ trader: maker, rate: 1 + offset, units: 1, arrival: maker }, { nodeFilter }),
      bid({ trader: taker, rate: 1 + offset, units: 1, arrival: taker }),
    ]
  })
}
