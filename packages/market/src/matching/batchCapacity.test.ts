import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scene } from '../../test/arbitraryBooks.ts'
import { ask, bid, context } from '../../test/books.ts'
import type { BookOrder } from '../book.ts'
import { fillOrder } from '../fill.ts'
import { BatchRoom } from './batchCapacity.ts'
import { matchMake } from './matchMaker.ts'
import type { Match, MatchContext } from './types.ts'

const pairOf = (match: Match): string => match.ask.order.nonce + match.bid.order.nonce

/** The book after a batch. */
function after(book: readonly BookOrder[], matches: readonly Match[]): readonly BookOrder[] {
  return book.map((entry): BookOrder => {
    const own = matches.filter((match) => match.ask === entry || match.bid === entry)
    if (own.length === 0) return entry
    const filled = own.reduce((sum, { units }) => sum + units, 0)
    return {
      ...entry,
      ...fillOrder(entry.unitsUnfulfilled, entry.order.minUnitsMatch, filled as typeof entry.unitsUnfulfilled),
    }
  })
}

/** In how many batches all these would fit, one after the other. */
function batchesFor(matches: readonly Match[], base: MatchContext): number {
  let [count, room] = [1, new BatchRoom(base)]
  for (const match of matches) {
    if (room.offer(match) !== 'batchFull') continue
    room = new BatchRoom(base)
    count += 1
    room.offer(match)
  }
  return count
}

test('9 what was cut trades within the batches that its weight needs', () => {
  const size = fc.record({ rate: fc.integer({ min: 1, max: 30 }), units: fc.integer({ min: 1, max: 9 }) })
  const sides = fc.record({ asks: fc.array(size, { maxLength: 20 }), bids: fc.array(size, { maxLength: 20 }) })
  fc.assert(
    fc.property(sides, ({ asks, bids }) => {
      const book: readonly BookOrder[] = [
        ...asks.map((made, i) => ask({ ...made, trader: i, arrival: i })),
        ...bids.map((made, i) => bid({ ...made, trader: 20 + i, arrival: 20 + i })),
      ]
      const wide = context(40)
      const tight = { ...wide, rules: { ...wide.rules, maxWeight: 6000, maxNodeChannels: 1000 } }
      const whole = matchMake(book, wide).matches
      const waiting = new Set(whole.map(pairOf))
      let rest = book
      for (let batch = batchesFor(whole, tight); batch > 0; batch--) {
        const { matches } = matchMake(rest, tight)
        for (const match of matches) waiting.delete(pairOf(match))
        rest = after(rest, matches)
      }
      expect([...waiting]).toEqual([])
    }),
    { numRuns: 150 },
  )
})

test('whatever the book, batch after batch empties it of all that can trade', () => {
  fc.assert(
    fc.property(scene, ({ book, context: base }) => {
      const tight = { ...base, rules: { ...base.rules, maxWeight: 6000 } }
      let rest: readonly BookOrder[] = book
      for (let batch = 0; batch <= book.length * book.length; batch++) {
        const { matches } = matchMake(rest, tight)
        if (matches.length === 0) break
        rest = after(rest, matches)
      }
      expect(matchMake(rest, base).matches).toEqual([])
    }),
    { numRuns: 60 },
  )
})
