import { satoshi } from '@tidepool/crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scene, type Scene } from '../../test/arbitraryBooks.ts'
import { ask, bid, context, nodeOf } from '../../test/books.ts'
import { richScene } from '../../test/richBooks.ts'
import { bookOfKind, TEN_KINDS } from '../../test/tenKinds.ts'
import { isAsk, isBid, type BookOrder } from '../book.ts'
import { acceptedAt, surplusOf, volumeOf } from './clearingPrice.ts'
import { filterOrder } from './filters.ts'
import { matchMake } from './matchMaker.ts'
import { matchUnits } from './matchUnits.ts'
import { firstRefusal } from './pairRules.ts'
import type { Match, MatchContext } from './types.ts'

const only = (...nodes: readonly number[]) => ({ kind: 'allow' as const, nodes: nodes.map(nodeOf) })
const withRules = (base: MatchContext, rules: Partial<MatchContext['rules']>): MatchContext => ({
  ...base,
  rules: { ...base.rules, ...rules },
})
const fillsOf = (matches: readonly Match[]): ReadonlyMap<string, number> => {
  const fills = new Map<string, number>()
  for (const match of matches) {
    for (const { order } of [match.ask, match.bid]) fills.set(order.nonce, (fills.get(order.nonce) ?? 0) + match.units)
  }
  return fills
}
const triples = (matches: readonly Match[], names: Readonly<Record<string, BookOrder>>) => {
  const nameOf = (entry: BookOrder) => Object.entries(names).find(([, each]) => each === entry)?.[0]
  return matches.map((match) => [nameOf(match.bid), nameOf(match.ask), match.units as number])
}

describe('what the plain pass leaves on the table', () => {
  test('a flexible bid makes room for one that has a single partner', () => {
    const names = {
      a1: ask({ trader: 1, rate: 10, units: 5 }),
      a2: ask({ trader: 2, rate: 11, units: 5 }),
      b1: bid({ trader: 3, rate: 30, units: 5 }),
      b2: bid({ trader: 4, rate: 20, units: 5 }, { nodeFilter: only(1) }),
    }
    const base = context(5)
    expect(triples(matchMake(Object.values(names), withRules(base, { improve: false })).matches, names)).toEqual([
      ['b1', 'a1', 5],
    ])
    const improved = matchMake(Object.values(names), base)
    // The price is the plain pass's, 30: nobody is asked to trade at another.
    expect(triples(improved.matches, names)).toEqual([['b1', 'a1', 5]])
    const same = { ...names, b2: bid({ trader: 4, rate: 30, units: 5, arrival: 1 }, { nodeFilter: only(1) }) }
    expect(triples(matchMake(Object.values(same), base).matches, same)).toEqual([
      ['b1', 'a2', 5],
      ['b2', 'a1', 5],
    ])
  })

  test('a whole fill gets its ask once the fragments move', () => {
    const names = {
      a1: ask({ trader: 1, rate: 10, units: 8 }),
      a2: ask({ trader: 2, rate: 10, units: 3, arrival: 1 }),
      b1: bid({ trader: 3, rate: 20, units: 3 }),
      b2: bid({ trader: 4, rate: 20, units: 8, minUnits: 8, arrival: 1 }, { selfChannelBalance: satoshi(1) }),
    }
    expect(triples(matchMake(Object.values(names), context(5)).matches, names)).toEqual([
      ['b1', 'a2', 3],
      ['b2', 'a1', 8],
    ])
  })

  test('a bid that is served again while it waits gets no more than it asked for', () => {
    const names = {
      b1: bid({ trader: 0, rate: 3000, units: 4 }),
      b2: bid({ trader: 1, rate: 3000, units: 6, arrival: 1 }),
      a1: ask({ trader: 2, rate: 2000, units: 1, arrival: 2 }),
      a2: ask({ trader: 3, rate: 3000, units: 3, minUnits: 3, arrival: 3 }, { nodeFilter: only(1) }),
      a3: ask({ trader: 4, rate: 2000, units: 7, arrival: 4 }),
    }
    const fills = fillsOf(matchMake(Object.values(names), context(5)).matches)
    for (const { order, unitsUnfulfilled } of Object.values(names)) {
      expect(fills.get(order.nonce) ?? 0).toBeLessThanOrEqual(unitsUnfulfilled)
    }
  })

  test('no steps, no improvement', () => {
    const { book, context: base } = bookOfKind('nodeLists', 1, 12)
    const none = matchMake(book, withRules(base, { maxImprovementSteps: 0 }))
    expect(none.matches).toEqual(matchMake(book, withRules(base, { improve: false })).matches)
  })
})

const kinds: fc.Arbitrary<Scene> = fc
  .tuple(fc.constantFrom(...TEN_KINDS), fc.nat(10_000), fc.integer({ min: 3, max: 14 }))
  .map(([kind, seed, side]) => bookOfKind(kind, seed, side))

const compare = ({ book, context: base }: Scene, rules: Partial<MatchContext['rules']>) => ({
  plain: matchMake(book, withRules(base, { ...rules, improve: false })),
  improved: matchMake(book, withRules(base, { ...rules, improve: true })),
})

describe.each([
  ['simple books', scene],
  ['rich books', richScene],
  ['ten kinds', kinds],
])('10 improvement lowers nobody: %s', (_, scenes) => {
  test('no fill falls, the price stays, volume does not sink, whatever the limits', () => {
    const limits = fc.record({
      maxWeight: fc.constantFrom(400_000, 6000, 9000),
      maxNodeChannels: fc.constantFrom(40, 2, 1),
      maxImprovementSteps: fc.constantFrom(400_000, 400_000, 100),
    })
    fc.assert(
      fc.property(scenes, limits, (made, rules) => {
        const { plain, improved } = compare(made, rules)
        const fills = fillsOf(improved.matches)
        for (const [nonce, units] of fillsOf(plain.matches)) expect(fills.get(nonce) ?? 0).toBeGreaterThanOrEqual(units)
        expect([...improved.prices]).toEqual(expect.arrayContaining([...plain.prices]))
        expect(improved.prices.size).toBe(plain.prices.size)
        expect(volumeOf(improved.matches)).toBeGreaterThanOrEqual(volumeOf(plain.matches))
        expect(surplusOf(improved.matches)).toBeGreaterThanOrEqual(surplusOf(plain.matches))
      }),
      { numRuns: 80 },
    )
  })

  test('3, 6: within all rules, each pair once, and nothing left that could still trade at the price', () => {
    fc.assert(
      fc.property(scenes, (made) => {
        const { book, context: base } = made
        const { matches, prices } = matchMake(book, base)
        const fills = fillsOf(matches)
        const left = (entry: BookOrder) => entry.unitsUnfulfilled - (fills.get(entry.order.nonce) ?? 0)
        for (const match of matches) {
          expect(matchUnits(match.ask.order, match.bid.order, match.units, match.units)).toBe(match.units)
          expect(firstRefusal(match.ask.order, match.bid.order, base)).toBeUndefined()
          expect(acceptedAt([match], prices.get(match.bid.order.leaseDuration) ?? match.bid.order.rate)).toHaveLength(1)
        }
        for (const entry of book) expect(left(entry)).toBeGreaterThanOrEqual(0)
        expect(new Set(matches.map((m) => m.ask.order.nonce + m.bid.order.nonce)).size).toBe(matches.length)
        const eligible = book.filter((entry) => filterOrder(entry, base) === undefined)
        for (const a of eligible.filter(isAsk)) {
          for (const b of eligible.filter(isBid)) {
            const price = prices.get(b.order.leaseDuration)
            if (price === undefined || a.order.rate > price || b.order.rate < price) continue
            if (firstRefusal(a.order, b.order, base) !== undefined) continue
            expect(matchUnits(a.order, b.order, left(a), left(b))).toBeUndefined()
          }
        }
      }),
      { numRuns: 80 },
    )
  })

  test('matches come by bid priority, then ask priority', () => {
    fc.assert(
      fc.property(scenes, (made) => {
        const { matches } = matchMake(made.book, made.context)
        for (const duration of new Set(matches.map(({ bid: b }) => b.order.leaseDuration))) {
          for (const type of ['inbound', 'outbound'] as const) {
            const rates = matches
              .filter(({ bid: b }) => b.order.leaseDuration === duration && b.order.auctionType === type)
              .map((match) => [0 - match.bid.order.rate, match.bid.arrival, match.ask.order.rate, match.ask.arrival])
            expect(rates).toEqual(rates.toSorted(byNumbers))
          }
        }
      }),
      { numRuns: 50 },
    )
  })
})

function byNumbers(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) if (value !== b[index]) return value - (b[index] ?? 0)
  return 0
}
