import { describe, expect, it, vi } from 'vitest'
import type * as crypto from '@tidepool/crypto'
import { simSize } from './kernel/size.ts'
import { randomRun } from './words/randomRun.ts'

vi.mock('@tidepool/crypto', async (load) => {
  const { remembering } = await import('./kernel/remember.ts')
  return remembering(await load<typeof crypto>())
})

const { first, batchSeeds } = simSize()

describe('random books and faults', () => {
  it.each(Array.from({ length: batchSeeds }, (_, i) => first + i))('seed %i', async (number) => {
    await randomRun(number)
  })

  it('goes the same way twice from one seed', async () => {
    const [first, second, other] = [await randomRun(1), await randomRun(1), await randomRun(2)]
    expect(first.stage.trace.digest()).toBe(second.stage.trace.digest())
    expect(first.stage.trace.digest()).not.toBe(other.stage.trace.digest())
    expect(first.stage.trace.length).toBeGreaterThan(500)
  })
})
