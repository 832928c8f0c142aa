import { streamId } from '@tidepool/market'
import type { StreamId } from '@tidepool/market'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Awaited } from './awaited.ts'

const streams = (count: number): readonly StreamId[] => Array.from({ length: count }, (_, i) => streamId(`s${i}`))

describe('streams that are yet to answer', () => {
  it('are those of a set, whoever answers and however often, and so are all the earlier ones', () => {
    const answers = fc.array(fc.nat(119), { maxLength: 200 })
    fc.assert(
      fc.property(answers, (numbers) => {
        const asked = streams(100)
        let now = Awaited.of(asked)
        const set = new Set(asked)
        const all: (readonly [Awaited, readonly StreamId[]])[] = [[now, asked]]
        for (const number of numbers) {
          const stream = streamId(`s${number}`)
          now = now.without(stream)
          set.delete(stream)
          all.push([now, [...set]])
        }
        for (const [awaited, expected] of all) {
          expect([...awaited]).toEqual(expected)
          expect(awaited.size).toBe(expected.length)
          expect(streams(120).filter((stream) => awaited.has(stream))).toEqual(expected)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('do not change with what they were made of', () => {
    const asked = new Set(streams(2))
    const awaited = Awaited.of(asked)
    asked.clear()
    expect(awaited.size).toBe(2)
  })
})
