import { describe, expect, test } from 'vitest'
import { ask, bid, context, nodeOf } from '../../test/books.ts'
import { DEFAULT_MATCH_RULES, type MatchOutcome } from './types.ts'
import { matchMake } from './matchMaker.ts'

const named = (outcome: MatchOutcome, names: ReadonlyMap<string, string>) => ({
  matches: outcome.matches.map((match) => [
    names.get(match.bid.order.nonce),
    names.get(match.ask.order.nonce),
    match.units as number,
  ]),
  price: [...outcome.prices.values()],
  unmatched: Object.fromEntries([...outcome.unmatched].map(([nonce, reason]) => [names.get(nonce), reason])),
})

/** The example of the matching rules: a poisonous pair far below the market. */
describe('worked example', () => {
  const a1 = ask({ trader: 1, rate: 100, units: 10 })
  const a2 = ask({ trader: 2, rate: 700, units: 20 })
  const a3 = ask({ trader: 3, rate: 50, units: 1 }, { nodeFilter: { kind: 'allow', nodes: [nodeOf(7)] } })
  const b1 = bid({ trader: 4, rate: 900, units: 8 }, { minNodeTier: 'tier1' })
  const b2 = bid({ trader: 5, rate: 800, units: 15 })
  const b3 = bid({ trader: 6, rate: 300, units: 5 })
  const b4 = bid({ trader: 7, rate: 50, units: 1 })
  const orders = { a1, a2, a3, b1, b2, b3, b4 }
  const names = new Map(Object.entries(orders).map(([name, entry]) => [entry.order.nonce as string, name]))
  const base = context(8, { tiers: new Map([[nodeOf(2), 1]]), defaultTier: 0 })

  test('the last accepted bid that clears most', () => {
    expect(named(matchMake(Object.values(orders), base), names)).toEqual({
      matches: [
        ['b1', 'a2', 8],
        ['b2', 'a1', 10],
        ['b2', 'a2', 5],
      ],
      price: [800],
      unmatched: { a3: 'priceBeyondRate', b4: 'priceBeyondRate', b3: 'counterpartTaken' },
    })
  })

  test('the literal rule clears one unit', () => {
    const literal = { ...base, rules: { ...DEFAULT_MATCH_RULES, priceRule: 'lowestBid' } as const }
    expect(named(matchMake(Object.values(orders), literal), names)).toEqual({
      matches: [['b4', 'a3', 1]],
      price: [50],
      unmatched: {
        a1: 'priceBeyondRate',
        a2: 'priceBeyondRate',
        b1: 'priceBeyondRate',
        b2: 'priceBeyondRate',
        b3: 'counterpartTaken',
      },
    })
  })
})

describe('reasons', () => {
  test('an empty other side', () => {
    const only = bid({ trader: 1, rate: 10, units: 1 })
    expect([...matchMake([only], context(2)).unmatched.values()]).toEqual(['noCounterpart'])
  })

  test('the rule that the nearest counterpart failed', () => {
    const book = [
      bid({ trader: 1, rate: 10, units: 1 }),
      ask({ trader: 2, rate: 11, units: 1 }),
      ask({ trader: 1, rate: 9, units: 1 }),
      ask({ trader: 3, rate: 10, units: 9, minUnits: 2 }),
    ]
    const { unmatched } = matchMake(book, context(4))
    expect(book.map(({ order }) => unmatched.get(order.nonce))).toEqual([
      'sizesDoNotFit',
      'ratesDoNotCross',
      'sameAccount',
      'sizesDoNotFit',
    ])
  })

  test('an order of lower priority finds its counterpart taken', () => {
    const book = [
      bid({ trader: 1, rate: 10, units: 5 }),
      bid({ trader: 2, rate: 10, units: 5, arrival: 1 }),
      ask({ trader: 3, rate: 10, units: 5 }),
    ]
    const { unmatched } = matchMake(book, context(4))
    expect(book.map(({ order }) => unmatched.get(order.nonce))).toEqual([undefined, 'counterpartTaken', undefined])
  })
})

describe('capacity', () => {
  const book = Array.from({ length: 10 }, (_, i) => [
    bid({ trader: 2 * i, rate: 100 + i, units: 1 }),
    ask({ trader: 2 * i + 1, rate: 10, units: 1, arrival: i }),
  ]).flat()

  test('a full batch keeps the first of the pass and raises the price', () => {
    const all = matchMake(book, context(20))
    expect(all.matches).toHaveLength(10)
    const full = matchMake(book, context(20, { rules: { ...DEFAULT_MATCH_RULES, maxWeight: 4000 } }))
    expect(full.matches).toEqual(all.matches.slice(0, 3))
    expect([...full.prices.values()]).toEqual([107])
    expect([...full.unmatched.values()]).toEqual(Array.from({ length: 14 }, () => 'batchFull'))
  })

  test('a node takes no more than its pending channels allow, the others go on', () => {
    const pendingChannels = new Map([[nodeOf(16), 40]])
    const outcome = matchMake(book, context(20, { pendingChannels }))
    expect(outcome.matches).toHaveLength(9)
    expect([...outcome.unmatched.values()]).toEqual(['nodeChannelLimit', 'nodeChannelLimit'])
  })
})
