import { addSat, blockCount, orderNonce, satPerKWeight } from '@tidepool/crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scene, type Scene } from '../../../test/arbitraryBooks.ts'
import { richScene } from '../../../test/richBooks.ts'
import { idsOf } from '../../../test/outcomes.ts'
import { plainMatchAndClear } from '../../../test/plainClear.ts'
import type { BookOrder } from '../../book.ts'
import { supplyUnits } from '../../supplyUnit.ts'
import { matchAndClear } from '../clearMarket.ts'
import { matchMake } from '../matchMaker.ts'
import { MatchingBook } from './matchingBook.ts'

const runs = { numRuns: 100 }
const rulesOf = ({ context }: Scene, change: Partial<Scene['context']['rules']>) => ({
  ...context,
  rules: { ...context.rules, ...change },
})

describe.each([
  ['simple books', scene],
  ['rich books', richScene],
])('the engine says what the plain pass says: %s', (_, scenes) => {
  test('matches, prices and reasons', () => {
    fc.assert(
      fc.property(scenes, (made) => {
        const { book, context } = made
        expect(idsOf(MatchingBook.from(book).matchMake(context))).toEqual(idsOf(matchMake(book, context)))
        const plain = rulesOf(made, { improve: false, priceRule: 'lowestBid' })
        expect(idsOf(MatchingBook.from(book).matchMake(plain))).toEqual(idsOf(matchMake(book, plain)))
      }),
      runs,
    )
  })

  test('when the batch is small', () => {
    fc.assert(
      fc.property(scenes, fc.integer({ min: 1, max: 3 }), (made, maxNodeChannels) => {
        const context = rulesOf(made, { maxWeight: 6000, maxNodeChannels })
        expect(idsOf(MatchingBook.from(made.book).matchMake(context))).toEqual(idsOf(matchMake(made.book, context)))
      }),
      runs,
    )
  })

  test('money and overdrafts', () => {
    fc.assert(
      fc.property(scenes, ({ book, context }) => {
        const [fast, plain] = [matchAndClear(book, context), plainMatchAndClear(book, context)]
        expect(idsOf(fast.outcome)).toEqual(idsOf(plain.outcome))
        expect(fast.market).toEqual(plain.market)
      }),
      runs,
    )
  })
})

/** Something that happens to a book of which the scene's orders may become part. */
const change = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'remove', 'fill', 'match', 'cancelInPlace'),
  order: fc.nat(),
  units: fc.nat(12),
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function apply(book: MatchingBook, live: Map<string, BookOrder>, made: Scene, { kind, order, units }: Change): void {
  const entry = made.book[order % made.book.length]
  if (entry === undefined) return
  const { nonce } = entry.order
  const known = live.get(nonce)
  if (kind === 'match') {
    expect(idsOf(book.matchMake(made.context))).toEqual(idsOf(matchMake([...live.values()], made.context)))
  } else if (kind === 'put') {
    book.put(entry)
    live.set(nonce, entry)
  } else if (kind === 'remove') {
    expect(book.remove(nonce)).toBe(live.delete(nonce))
  } else if (known !== undefined) {
    const next =
      kind === 'fill'
        ? { ...known, unitsUnfulfilled: supplyUnits(Math.min(units, known.unitsUnfulfilled)) }
        : { ...known, state: 'canceled' as const }
    book.put(next)
    live.set(nonce, next)
  }
}

describe('determinism', () => {
  test('a book with a history is the book made afresh', () => {
    fc.assert(
      fc.property(richScene, fc.array(change, { maxLength: 120, size: 'max' }), (made, changes) => {
        const book = new MatchingBook()
        const live = new Map<string, BookOrder>()
        for (const each of changes) apply(book, live, made, each)
        expect(book.size).toBe(live.size)
        const { context } = made
        const outcome = idsOf(matchAndClear(book, context).outcome)
        expect(outcome).toEqual(idsOf(matchAndClear([...live.values()].toReversed(), context).outcome))
        expect(outcome).toEqual(idsOf(plainMatchAndClear([...live.values()], context).outcome))
        expect(outcome).toEqual(idsOf(matchAndClear(book, context).outcome))
      }),
      { numRuns: 120 },
    )
  })

  test('any order of arrival at the book', () => {
    const shuffled = richScene.chain((made) =>
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

  test('thousands of orders in any order of arrival, changed and taken out before they are sorted', () => {
    fc.assert(
      fc.property(richScene, fc.integer({ min: 1, max: 4 }), ({ book, context }, step) => {
        const many = Array.from({ length: 2400 }, (_, index): BookOrder[] => {
          const like = book[index % book.length]
          const nonce = orderNonce(index.toString(16).padStart(64, '0'))
          const arrival = step === 4 && index % 7 === 0 ? 2 ** 40 + index : (index * 1009) % 2411
          return like === undefined ? [] : [{ ...like, arrival, order: { ...like.order, nonce } } as BookOrder]
        }).flat()
        const kept = MatchingBook.from(many)
        const gone = many.filter((_, index) => index % (step + 1) === 0)
        for (const { order } of gone) expect(kept.remove(order.nonce)).toBe(true)
        const rest = many.filter((_, index) => index % (step + 1) !== 0)
        const [first, ...others] = rest
        const changed = first === undefined ? [] : [{ ...first, unitsUnfulfilled: supplyUnits(1) }]
        for (const entry of changed) kept.put(entry)
        const sorted = [...changed, ...others].toSorted((a, b) => a.arrival - b.arrival)
        const plain = { ...context, rules: { ...context.rules, improve: false } }
        const [outcome, afresh] = [kept.matchMake(plain), MatchingBook.from(sorted).matchMake(plain)]
        expect(outcome.matches).toEqual(afresh.matches)
        expect(outcome.prices).toEqual(afresh.prices)
      }),
      { numRuns: 12 },
    )
  })

  test('equal arrivals and rates: the nonce decides', () => {
    fc.assert(
      fc.property(richScene, ({ book, context }) => {
        const tied = book.map((entry) => ({ ...entry, arrival: 7 }))
        const outcome = idsOf(matchMake(tied, context))
        expect(idsOf(MatchingBook.from(tied).matchMake(context))).toEqual(outcome)
        expect(idsOf(MatchingBook.from(tied.toReversed()).matchMake(context))).toEqual(outcome)
      }),
      runs,
    )
  })

  test('reasons stay those of their attempt while the book goes on', () => {
    fc.assert(
      fc.property(richScene, ({ book, context }) => {
        const kept = MatchingBook.from(book)
        const outcome = kept.matchMake(context)
        for (const { order } of book.slice(0, 20)) kept.remove(order.nonce)
        for (const entry of book.slice(20)) kept.put({ ...entry, unitsUnfulfilled: supplyUnits(1) })
        kept.matchMake(context)
        for (const entry of book.slice(0, 5)) kept.put({ ...entry, arrival: entry.arrival + 1000 })
        kept.matchMake(context)
        expect(idsOf(outcome)).toEqual(idsOf(matchMake(book, context)))
      }),
      runs,
    )
  })

  test('orders named in the context, and fee rates beyond 32 bits', () => {
    fc.assert(
      fc.property(richScene, fc.array(fc.nat(), { maxLength: 3 }), fc.boolean(), (made, named, isDear) => {
        const nonces = named.flatMap((index) => made.book[index % made.book.length]?.order.nonce ?? [])
        const dear = satPerKWeight(2n ** 33n)
        const book = made.book.map((entry, index): BookOrder =>
          isDear && index % 2 === 0
            ? ({ ...entry, order: { ...entry.order, maxBatchFeeRate: dear } } as BookOrder)
            : entry,
        )
        const feeRate = isDear ? satPerKWeight(addSat(dear)) : made.context.feeRate
        const openDurations = isDear ? made.context.openDurations : new Set([blockCount(2016)])
        const context = { ...made.context, excludedOrders: new Set(nonces), feeRate, openDurations }
        expect(idsOf(MatchingBook.from(book).matchMake(context))).toEqual(idsOf(matchMake(book, context)))
      }),
      runs,
    )
  })
})
