import { describe, expect, it } from 'vitest'
import { STRANGER_TIMEOUT_MS, Strangers } from './strangers.ts'
import type { Stranger } from './strangers.ts'

function virtualClock() {
  let now = 0
  let timers: { readonly at: number; readonly run: () => void }[] = []
  return {
    now: () => now,
    after: (ms: number, run: () => void) => {
      const timer = { at: now + ms, run }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    pass(ms: number) {
      now += ms
      const due = timers.filter(({ at }) => at <= now)
      timers = timers.filter(({ at }) => at > now)
      for (const { run } of due) run()
    },
    timers: () => timers.length,
  }
}

function crowd(limit?: number) {
  const clock = virtualClock()
  const strangers = new Strangers(clock, limit)
  const ended: string[] = []
  const stranger = (name: string): Stranger => {
    const one: Stranger = {
      end: () => {
        ended.push(name)
        strangers.remove(one)
      },
    }
    strangers.add(one)
    return one
  }
  return { clock, strangers, ended, stranger }
}

describe('streams without an account', () => {
  it('end when their time is up, and no sooner', () => {
    const { clock, ended, stranger } = crowd()
    stranger('early')
    clock.pass(STRANGER_TIMEOUT_MS - 1)
    stranger('late')
    expect(ended).toEqual([])
    clock.pass(1)
    expect(ended).toEqual(['early'])
  })

  it('have their time anew when they prove a key', () => {
    const { clock, strangers, ended, stranger } = crowd()
    const one = stranger('one')
    clock.pass(STRANGER_TIMEOUT_MS - 1)
    strangers.add(one)
    clock.pass(STRANGER_TIMEOUT_MS - 1)
    expect(ended).toEqual([])
    clock.pass(1)
    expect(ended).toEqual(['one'])
  })

  it('are forgotten, timers too, once they have an account', () => {
    const { clock, strangers, ended, stranger } = crowd()
    strangers.remove(stranger('trader'))
    expect([strangers.size, clock.timers()]).toEqual([0, 0])
    clock.pass(2 * STRANGER_TIMEOUT_MS)
    expect(ended).toEqual([])
  })

  it('make room for newer ones, the oldest first', () => {
    const { clock, strangers, ended, stranger } = crowd(100)
    for (let i = 0; i < 1000; i++) stranger(`stranger ${i}`)
    expect([strangers.size, clock.timers(), ended.length]).toEqual([100, 100, 900])
    expect(ended.at(0)).toBe('stranger 0')
    expect(ended.at(-1)).toBe('stranger 899')
  })
})
