import { blockCount, satoshi } from '@tidepool/crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ask, bid } from '../../test/books.ts'
import type { AuctionType } from '../order.ts'
import { supplyUnits } from '../supplyUnit.ts'
import { acceptedAt, lowestBids, marketClearingPrice, surplusOf, volumeOf } from './clearingPrice.ts'
import type { Match } from './types.ts'

interface Pair {
  readonly asked: number
  readonly offered: number
  readonly units: number
  /** Units of self channel balance, which makes the pair outbound. */
  readonly balance?: number
  readonly duration?: number
}

function matchOf({ asked, offered, units, balance, duration = 2016 }: Pair): Match {
  const auctionType: AuctionType = balance === undefined ? 'inbound' : 'outbound'
  const shared = { leaseDuration: blockCount(duration), auctionType }
  const selfChannelBalance = satoshi(BigInt(balance ?? 0) * 100_000n)
  return {
    ask: ask({ trader: 1, rate: asked, units }, shared),
    bid: bid({ trader: 2, rate: offered, units }, { ...shared, selfChannelBalance }),
    units: supplyUnits(units),
  }
}
const pairs = (...rows: readonly (readonly [asked: number, offered: number, units: number])[]): readonly Match[] =>
  rows.map(([asked, offered, units]) => matchOf({ asked, offered, units }))

test('volume counts units, of outbound matches with the taker balance', () => {
  expect(volumeOf(pairs([10, 20, 3], [5, 20, 4]))).toBe(7n)
  expect(volumeOf([matchOf({ asked: 1, offered: 2, units: 1, balance: 6 })])).toBe(7n)
  expect(volumeOf([])).toBe(0n)
})

test('surplus is the distance of the rates for each unit that pays premium', () => {
  expect(surplusOf(pairs([10, 25, 3], [5, 6, 4]))).toBe(49n)
  expect(surplusOf([matchOf({ asked: 10, offered: 30, units: 1, balance: 2 })])).toBe(60n)
  expect(surplusOf([])).toBe(0n)
})

test('a price admits matches whose rates it touches', () => {
  const matches = pairs([10, 20, 1], [21, 30, 1], [5, 19, 1], [20, 20, 1])
  expect(acceptedAt(matches, matches[0]?.bid.order.rate as never)).toEqual([matches[0], matches[3]])
})

describe('the clearing price', () => {
  test.each<readonly [name: string, matches: readonly Match[], mostVolume: number, lowestBid: number]>([
    ['one match', pairs([10, 20, 1]), 20, 20],
    ['the lowest bid where all asks agree', pairs([10, 40, 1], [10, 30, 1], [10, 20, 1]), 20, 20],
    ['not a bid so low that it costs more than it brings', pairs([30, 40, 5], [10, 20, 1]), 40, 20],
    ['an ask at the price counts', pairs([20, 40, 5], [10, 20, 1]), 20, 20],
    ['a bid just below the price does not', pairs([21, 40, 5], [10, 20, 4], [10, 21, 2]), 21, 20],
    ['of equal volumes the larger surplus', pairs([30, 50, 4], [19, 20, 4]), 50, 20],
    ['though the price is higher or lower', pairs([30, 31, 4], [10, 20, 4]), 20, 20],
    ['of equal volumes and surpluses the lower price', pairs([30, 40, 4], [10, 20, 4]), 20, 20],
    ['surplus is weighed by units', pairs([30, 38, 3], [30, 38, 3], [10, 19, 6]), 19, 19],
    ['what is beyond its bid counts no longer', pairs([1, 10, 3], [2, 11, 3], [12, 30, 4]), 10, 10],
  ])('%s', (_, matches, mostVolume, lowestBid) => {
    expect(marketClearingPrice(matches, 'mostVolume')).toBe(mostVolume)
    expect(marketClearingPrice(matches.toReversed(), 'mostVolume')).toBe(mostVolume)
    expect(marketClearingPrice(matches, 'lowestBid')).toBe(lowestBid)
  })

  test('none without matches', () => {
    expect(marketClearingPrice([], 'mostVolume')).toBeUndefined()
    expect(marketClearingPrice([], 'lowestBid')).toBeUndefined()
  })

  test('is the best of all bids, each tried', () => {
    const rate = fc.integer({ min: 1, max: 12 })
    const pair = fc
      .record({ low: rate, high: rate, units: fc.integer({ min: 1, max: 4 }), balance: fc.option(fc.nat(3)) })
      .map(({ low, high, units, balance }) =>
        matchOf({
          asked: Math.min(low, high),
          offered: Math.max(low, high),
          units: balance === null ? units : 1,
          ...(balance === null ? {} : { balance: balance + 1 }),
        }),
      )
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 12 }), (matches) => {
        expect(marketClearingPrice(matches, 'mostVolume')).toBe(bestByTrying(matches))
      }),
      { numRuns: 300 },
    )
  })
})

/** Sums in plain numbers over every candidate, dearest first, so that a later tie takes the lower price. */
function bestByTrying(matches: readonly Match[]): number {
  const terms = matches.map(({ ask: { order: own }, bid: { order }, units }) => ({
    low: own.rate as number,
    high: order.rate as number,
    weight: order.auctionType === 'outbound' ? 1 + Number(order.selfChannelBalance / 100_000n) : (units as number),
  }))
  const scored = terms.map(({ high: price }) => {
    const within = terms.filter(({ low, high }) => low <= price && price <= high)
    const volume = within.reduce((sum, { weight }) => sum + weight, 0)
    const surplus = within.reduce((sum, { low, high, weight }) => sum + (high - low) * weight, 0)
    return { price, volume, surplus }
  })
  return scored.toSorted((a, b) => b.volume - a.volume || b.surplus - a.surplus || a.price - b.price)[0]?.price ?? 0
}

test('after a cut each duration has the lowest bid that is left', () => {
  const matches = [
    matchOf({ asked: 1, offered: 30, units: 1 }),
    matchOf({ asked: 1, offered: 20, units: 1 }),
    matchOf({ asked: 1, offered: 25, units: 1 }),
    matchOf({ asked: 1, offered: 7, units: 1, duration: 4032 }),
  ]
  expect([...lowestBids(matches)]).toEqual([
    [2016, 20],
    [4032, 7],
  ])
  expect(lowestBids([]).size).toBe(0)
})
