import { blockCount, satoshi } from '@tidepool/crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DURATIONS, scene, TRADERS } from '../../test/arbitraryBooks.ts'
import { ask, bid, bookAccount, nodeOf, withAccounts } from '../../test/books.ts'
import { isAsk, isBid, type BookOrder } from '../book.ts'
import { supplyUnits, UNIT_SAT } from '../supplyUnit.ts'
import { clearMarket, matchAndClear } from './clearMarket.ts'
import { acceptedAt, marketClearingPrice, volumeOf } from './clearingPrice.ts'
import { filterOrder } from './filters.ts'
import { greedyPass, sortMarket } from './greedyPass.ts'
import { matchMake } from './matchMaker.ts'
import { matchUnits } from './matchUnits.ts'
import { firstRefusal } from './pairRules.ts'
import type { Match, MatchContext, MatchOutcome } from './types.ts'

const runs = { numRuns: 200 }

const filledOf = (matches: readonly Match[], { order }: BookOrder): number =>
  matches
    .filter(({ ask: a, bid: b }) => a.order.nonce === order.nonce || b.order.nonce === order.nonce)
    .reduce((sum, { units }) => sum + units, 0)

const idsOf = (outcome: MatchOutcome) => ({
  matches: outcome.matches.map((match) => [match.ask.order.nonce, match.bid.order.nonce, match.units]),
  prices: [...outcome.prices].toSorted(([a], [b]) => a - b),
  unmatched: [...outcome.unmatched].toSorted(([a], [b]) => (a < b ? -1 : 1)),
})

const pricesHold = (outcome: MatchOutcome) => {
  for (const [duration, price] of outcome.prices) {
    const bids = outcome.matches.filter((match) => match.bid.order.leaseDuration === duration)
    expect(Math.min(...bids.map((match) => match.bid.order.rate))).toBe(price)
    for (const match of bids) expect(match.ask.order.rate).toBeLessThanOrEqual(price)
  }
}

/** All matches of one duration before its price is known. */
function passOf(book: readonly BookOrder[], duration: number, context: MatchContext): readonly Match[] {
  return (['inbound', 'outbound'] as const).flatMap((type) => {
    const orders = book.filter(
      (entry) =>
        entry.order.leaseDuration === duration &&
        entry.order.auctionType === type &&
        filterOrder(entry, context) === undefined,
    )
    return greedyPass(sortMarket(orders), context)
  })
}

describe('on every book', () => {
  test('1 conservation: fills and money', () => {
    fc.assert(
      fc.property(scene, ({ book, context }) => {
        const { outcome, market } = matchAndClear(book, context)
        for (const entry of book) expect(filledOf(outcome.matches, entry)).toBeLessThanOrEqual(entry.unitsUnfulfilled)
        if (market === undefined) return
        const accounts = [...market.accounts.values()]
        const before = accounts.reduce((sum, { before: { account } }) => sum + account.value, 0n)
        const after = accounts.reduce((sum, { endingBalance }) => sum + endingBalance, 0n)
        const channels = market.matches.reduce((sum, { capacity }) => sum + capacity, 0n)
        expect(before).toBe(after + channels + market.executionFees + market.chainFees)
        const fees = market.matches.reduce((sum, m) => sum + m.makerExecutionFee + m.takerExecutionFee, 0n)
        expect(fees).toBe(market.executionFees)
        const premiums = market.matches.reduce((sum, { premium }) => sum + premium, 0n)
        expect(accounts.reduce((sum, { premiumsPaid }) => sum + premiumsPaid, 0n)).toBe(premiums)
        expect(accounts.reduce((sum, { premiumsEarned }) => sum + premiumsEarned, 0n)).toBe(premiums)
      }),
      runs,
    )
  })

  test('2 one price per duration, the lowest matched bid, and no ask above it', () => {
    fc.assert(
      fc.property(scene, ({ book, context }) => {
        pricesHold(matchMake(book, context))
        const literal = { ...context, rules: { ...context.rules, priceRule: 'lowestBid' as const } }
        pricesHold(matchMake(book, literal))
        pricesHold(matchMake(book, { ...context, rules: { ...context.rules, maxWeight: 4000 } }))
      }),
      runs,
    )
  })

  test('3 no constraint crossed', () => {
    fc.assert(
      fc.property(scene, ({ book, context }) => {
        const { matches } = matchMake(book, context)
        for (const { ask: a, bid: b, units } of matches) {
          expect([filterOrder(a, context), filterOrder(b, context)]).toEqual([undefined, undefined])
          expect(firstRefusal(a.order, b.order, context)).toBeUndefined()
          expect(matchUnits(a.order, b.order, units, units)).toBe(units)
          if (b.order.selfChannelBalance > 0n) expect(BigInt(units) * UNIT_SAT).toBe(b.order.amount)
        }
        expect(new Set(matches.map((m) => m.ask.order.nonce + m.bid.order.nonce)).size).toBe(matches.length)
      }),
      runs,
    )
  })

  test('every order is matched or has a reason, never both', () => {
    fc.assert(
      fc.property(scene, ({ book, context }) => {
        const { outcome } = matchAndClear(book, context)
        for (const entry of book) {
          expect(outcome.unmatched.has(entry.order.nonce)).toBe(filledOf(outcome.matches, entry) === 0)
        }
      }),
      runs,
    )
  })

  test('4 determinism: the order of the book changes nothing', () => {
    const shuffled = scene.chain((made) =>
      fc
        .shuffledSubarray([...made.book], { minLength: made.book.length })
        .map((book) => ({ ...made, book, old: made.book })),
    )
    fc.assert(
      fc.property(shuffled, ({ book, old, context }) => {
        expect(idsOf(matchAndClear(book, context).outcome)).toEqual(idsOf(matchAndClear(old, context).outcome))
      }),
      runs,
    )
  })

  test('5 irrelevance: filtered orders and other durations change nothing else', () => {
    fc.assert(
      fc.property(scene, fc.boolean(), ({ book, context }, isOther) => {
        const without = matchMake(book, context)
        const extra = isOther
          ? ask({ trader: 0, rate: 2000, units: 12, arrival: 99 }, { leaseDuration: blockCount(8064) })
          : { ...bid({ trader: 0, rate: 99_000, units: 12, arrival: 99 }), state: 'canceled' as const }
        const openDurations = new Set([...DURATIONS, 8064].map((duration) => blockCount(duration)))
        const { matches, prices, unmatched } = idsOf(matchMake([...book, extra], { ...context, openDurations }))
        const expected = idsOf(without)
        expect({ matches, prices }).toEqual({ matches: expected.matches, prices: expected.prices })
        expect(unmatched.filter(([nonce]) => nonce !== extra.order.nonce)).toEqual(expected.unmatched)
      }),
      runs,
    )
  })

  test('6 exhaustion: no admissible pair with enough left at the price', () => {
    fc.assert(
      fc.property(scene, ({ book, context }) => {
        const { matches, prices } = matchMake(book, context)
        const left = new Map(book.map((entry) => [entry, entry.unitsUnfulfilled - filledOf(matches, entry)]))
        const eligible = book.filter((entry) => filterOrder(entry, context) === undefined)
        for (const a of eligible.filter(isAsk)) {
          for (const b of eligible.filter(isBid)) {
            const price = prices.get(b.order.leaseDuration)
            if (price === undefined || a.order.rate > price || b.order.rate < price) continue
            if (firstRefusal(a.order, b.order, context) !== undefined) continue
            expect(matchUnits(a.order, b.order, left.get(a) ?? 0, left.get(b) ?? 0)).toBeUndefined()
          }
        }
      }),
      runs,
    )
  })

  test('7 termination: overdrawn accounts are left out and none ends below zero', () => {
    fc.assert(
      fc.property(scene, ({ book, context }) => {
        const { outcome, market } = matchAndClear(book, context)
        if (market === undefined) return
        expect(clearMarket(outcome, context).kind).toBe('cleared')
        for (const { order } of [...outcome.matches].flatMap(({ ask: a, bid: b }) => [a, b])) {
          expect(outcome.unmatched.get(order.nonce)).toBeUndefined()
        }
      }),
      runs,
    )
  })

  test('8 one pass answers for every price', () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 1, max: 13 }), ({ book, context }, tens) => {
        const price = tens * 1000
        const orders = book.filter(
          (entry) => entry.order.leaseDuration === 2016 && filterOrder(entry, context) === undefined,
        )
        const inside = orders.filter(({ order }) => (order.kind === 'ask' ? order.rate <= price : order.rate >= price))
        const whole = greedyPass(sortMarket(orders), context)
        const around = whole.filter((match) => match.ask.order.rate <= price && match.bid.order.rate >= price)
        expect(greedyPass(sortMarket(inside), context)).toEqual(around)
      }),
      runs,
    )
  })

  test('9 the price clears no less than any other candidate, the literal rule included', () => {
    fc.assert(
      fc.property(scene, ({ book, context }) => {
        for (const duration of DURATIONS) {
          const pass = passOf(book, duration, context)
          const best = marketClearingPrice(pass, 'mostVolume')
          if (best === undefined) continue
          const volume = volumeOf(acceptedAt(pass, best))
          for (const { bid: candidate } of pass) {
            expect(volumeOf(acceptedAt(pass, candidate.order.rate))).toBeLessThanOrEqual(volume)
          }
          const literal = marketClearingPrice(pass, 'lowestBid')
          expect(literal).toBe(Math.min(...pass.map((match) => match.bid.order.rate)))
        }
      }),
      runs,
    )
  })

  test('13 poison: a colluding pair far below the market changes nothing', () => {
    fc.assert(
      fc.property(scene, ({ book, context }) => {
        const market = book.filter(({ order }) => order.leaseDuration === 2016)
        const before = matchMake(market, context)
        fc.pre(volumeOf(before.matches) > 1n)
        const [a, b] = [TRADERS, TRADERS + 1]
        const poison = [
          ask({ trader: a, rate: 1, units: 1, arrival: 98 }, { nodeFilter: { kind: 'allow', nodes: [nodeOf(b)] } }),
          bid({ trader: b, rate: 1, units: 1, arrival: 99 }),
        ]
        const after = matchMake([...market, ...poison], withAccounts(context, bookAccount(a), bookAccount(b)))
        const [was, is] = [idsOf(before), idsOf(after)]
        expect({ matches: is.matches, prices: is.prices }).toEqual({ matches: was.matches, prices: was.prices })
      }),
      runs,
    )
  })

  test('14 no justified envy where all minimums are one', () => {
    fc.assert(
      fc.property(scene, ({ book, context }) => {
        const simple = book.map(minimumOne)
        const { matches, prices } = matchMake(simple, context)
        for (const served of matches) {
          const price = prices.get(served.bid.order.leaseDuration)
          const rivals = simple.filter((entry) => filterOrder(entry, context) === undefined)
          for (const rival of rivals.filter(isBid)) {
            if (price === undefined || rival.order.rate < price || !precedes(rival, served.bid)) continue
            if (firstRefusal(served.ask.order, rival.order, context) !== undefined) continue
            expect(filledOf(matches, rival)).toBe(rival.unitsUnfulfilled)
          }
        }
      }),
      runs,
    )
  })
})

/** Plain inbound orders, for minimums and whole fills break envy-freeness rightly. */
function minimumOne(entry: BookOrder): BookOrder {
  const plain = { auctionType: 'inbound', minUnitsMatch: supplyUnits(1) } as const
  return isBid(entry)
    ? { ...entry, order: { ...entry.order, ...plain, selfChannelBalance: satoshi(0) } }
    : { ...entry, order: { ...entry.order, ...plain } as typeof entry.order }
}

const precedes = (a: BookOrder, b: BookOrder): boolean =>
  a.order.rate > b.order.rate || (a.order.rate === b.order.rate && a.arrival < b.arrival)
