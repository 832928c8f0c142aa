import fc from 'fast-check'
import { WITNESS_SIZE } from '@tidepool/crypto'
import { describe, expect, test } from 'vitest'
import { scene } from '../../test/arbitraryBooks.ts'
import { account, ask, bid, bookAccount, context, nodeOf, withAccounts } from '../../test/books.ts'
import type { BookOrder } from '../book.ts'
import { fillOrder } from '../fill.ts'
import { supplyUnits } from '../supplyUnit.ts'
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

describe('room in a batch', () => {
  const match = (asker: number, bidder: number): Match => ({
    ask: ask({ trader: asker, rate: 1, units: 1, arrival: asker }),
    bid: bid({ trader: bidder, rate: 1, units: 1, arrival: 10 + bidder }),
    units: supplyUnits(1),
  })
  const roomOf = (rules: Partial<MatchContext['rules']>, pending: MatchContext['pendingChannels'] = new Map()) => {
    const base = [1, 2, 3, 4].reduce(
      (from, trader) =>
        withAccounts(from, bookAccount(trader, { account: account(trader, { version: trader === 1 ? 0 : 1 }) })),
      context(5),
    )
    return new BatchRoom({ ...base, pendingChannels: pending, rules: { ...base.rules, ...rules } })
  }
  const verdicts = (room: BatchRoom, matches: readonly Match[]) => matches.map((one) => room.offer(one))

  // Version, lock time and counts of up to three bytes; the auctioneer's input and output, segwit marker, its witness.
  const frame = 4 * (4 + 4 + 3 + 3 + 41 + 43) + 2 + WITNESS_SIZE.masterAccount
  const channel = 4 * 43
  const p2wshAccount = 4 * (41 + 43) + 229
  const taprootAccount = 4 * (41 + 43) + 66

  test('is the weight of frame, channels and accounts, each account once', () => {
    const first = frame + channel + p2wshAccount + taprootAccount
    expect(verdicts(roomOf({ maxWeight: first }), [match(1, 2)])).toEqual(['kept'])
    expect(verdicts(roomOf({ maxWeight: first - 1 }), [match(1, 2)])).toEqual(['batchFull'])
    const both = [match(1, 2), match(1, 3)]
    expect(verdicts(roomOf({ maxWeight: first + channel + taprootAccount }), both)).toEqual(['kept', 'kept'])
    expect(verdicts(roomOf({ maxWeight: first + channel + taprootAccount - 1 }), both)).toEqual(['kept', 'batchFull'])
    const again = [match(1, 2), match(2, 1)]
    expect(verdicts(roomOf({ maxWeight: first + channel }), again)).toEqual(['kept', 'kept'])
    expect(verdicts(roomOf({ maxWeight: first + channel - 1 }), again)).toEqual(['kept', 'batchFull'])
  })

  test('is over with the first match that does not fit, though a smaller one would', () => {
    const room = roomOf({ maxWeight: frame + 2 * channel + p2wshAccount + taprootAccount })
    expect(room.isFull).toBe(false)
    expect(verdicts(room, [match(1, 2), match(3, 4), match(2, 1)])).toEqual(['kept', 'batchFull', 'batchFull'])
    expect(room.isFull).toBe(true)
  })

  test('a node has so many pending channels, those of earlier batches included; the others go on', () => {
    const three = [match(1, 2), match(1, 3), match(4, 3)]
    expect(verdicts(roomOf({ maxNodeChannels: 1 }), three)).toEqual(['kept', 'nodeChannelLimit', 'kept'])
    expect(verdicts(roomOf({ maxNodeChannels: 2 }), [...three, match(2, 3)])).toEqual([
      'kept',
      'kept',
      'kept',
      'nodeChannelLimit',
    ])
    const pending = new Map([[nodeOf(3), 1]])
    expect(verdicts(roomOf({ maxNodeChannels: 2 }, pending), three)).toEqual(['kept', 'kept', 'nodeChannelLimit'])
  })

  test('what a node has too much of takes no room', () => {
    const room = roomOf({ maxWeight: frame + 2 * channel + p2wshAccount + 2 * taprootAccount, maxNodeChannels: 1 })
    expect(verdicts(room, [match(1, 2), match(2, 3)])).toEqual(['kept', 'nodeChannelLimit'])
    expect(verdicts(room, [match(3, 4)])).toEqual(['batchFull'])
  })
})
