import { describe, expect, it } from 'vitest'
import { FakeClock, settle } from '../../test/kit/fakeClock.ts'
import { keepOpen } from './keepOpen.ts'

describe('a stream kept open', () => {
  it('is opened again with growing pauses, and an outage is one line of the log', async () => {
    const clock = new FakeClock()
    const end = new AbortController()
    const log: string[] = []
    const line = (level: string) => (message: string) => log.push(`${level} ${message}`)
    const logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
    let opened = 0
    let breakIt: () => void = () => undefined
    const use = async (): Promise<void> => {
      opened++
      if (opened === 4) await new Promise<void>((resolve) => (breakIt = resolve))
      else throw new Error('unavailable')
    }
    const done = keepOpen({ what: 'test', use, minMs: 100, maxMs: 200 }, { clock, logger }, end.signal)
    await settle()
    for (const pause of [100, 200, 200]) await clock.advance(pause)
    expect(opened).toBe(4)
    expect(log.map((entry) => entry.split(' ')[0])).toEqual(['warn', 'debug', 'debug'])
    await clock.advance(5000)
    breakIt()
    await settle()
    expect(log.at(-1)).toMatch(/^warn/)
    await clock.advance(100)
    expect(opened).toBe(5)
    end.abort()
    await clock.advance(200)
    await done
  })
})
