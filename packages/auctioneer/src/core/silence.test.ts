import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AccountKey } from '@tidepool/crypto'
import { FIRST_LEAVE_MS, isLeftOut, silentAgain } from './silence.ts'
import type { Silence } from './silence.ts'

const key = '02'.repeat(33) as AccountKey
const DAY = 86_400_000
const at = (before: Silence | undefined, nowMs: number, limitMs = DAY): Silence =>
  silentAgain(before, { key, step: 'prepare', nowMs }, limitMs)

/** Each silence comes so long after the end of the leave before it. */
function series(gaps: readonly number[], limitMs: number): readonly Silence[] {
  const all: Silence[] = []
  let now = DAY
  for (const gap of gaps) {
    now += gap
    const next = at(all.at(-1), now, limitMs)
    all.push(next)
    now = next.untilMs
  }
  return all
}

describe('a trader that does not answer', () => {
  it('is left out from the second time on, twice as long each time, up to the limit', () => {
    const leaves = series([0, 1, 1, 1, 1, 1], FIRST_LEAVE_MS * 5).map(({ untilMs, lastMs }) => untilMs - lastMs)
    expect(leaves).toEqual([0, 1, 2, 4, 5, 5].map((times) => times * FIRST_LEAVE_MS))
  })

  it('begins anew after its batch, or when the last time is long past', () => {
    const [, second] = series([0, 1], DAY)
    if (second === undefined) throw new Error('no second time')
    expect(at(second, second.untilMs + DAY - 1).times).toBe(3)
    expect(at(second, second.untilMs + DAY)).toMatchObject({ times: 1, untilMs: second.untilMs + DAY })
    expect(at(undefined, second.lastMs).times).toBe(1)
  })

  it('is never left out longer than the limit, whatever clock and limit do', () => {
    const ms = fc.integer({ min: 0, max: 10 * DAY })
    fc.assert(
      fc.property(fc.array(ms, { minLength: 1, maxLength: 40 }), ms, ms, ms, (times, limit, later, lower) => {
        let silence: Silence | undefined
        for (const now of times) {
          const before = silence
          silence = at(before, now, limit)
          const leave = silence.untilMs - now
          expect(leave).toBeLessThanOrEqual(limit)
          expect(leave === 0 || silence.times > 1).toBe(true)
          if (before !== undefined && silence.times > before.times && before.times > 1) {
            expect(leave).toBeGreaterThanOrEqual(before.untilMs - before.lastMs)
          }
        }
        if (silence === undefined) return
        const bound = Math.min(limit, lower)
        if (isLeftOut(silence, later, bound)) expect(later - silence.lastMs).toBeLessThan(bound)
        expect(isLeftOut(silence, silence.lastMs + bound, bound)).toBe(false)
        expect(isLeftOut(silence, silence.lastMs - 1, bound)).toBe(false)
      }),
    )
  })
})
