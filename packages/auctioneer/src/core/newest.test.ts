import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Newest } from './newest.ts'
import type { OrderRecord } from './records.ts'

const record = (arrival: number) => ({ arrival }) as OrderRecord

it('are those that sorting all of them finds', () => {
  const arrivals = fc.uniqueArray(fc.nat({ max: 500 }), { maxLength: 100 })
  const property = fc.property(arrivals, fc.integer({ min: 1, max: 20 }), fc.nat({ max: 100 }), (all, limit, pause) => {
    const newest = new Newest(limit)
    for (const [i, arrival] of all.entries()) {
      newest.add(record(arrival))
      if (i === pause) void newest.orders
    }
    const expected = all.toSorted((a, b) => a - b).slice(-limit)
    expect(newest.orders.map(({ arrival }) => arrival)).toEqual(expected)
    expect(newest.seen).toBe(all.length)
  })
  fc.assert(property)
})
