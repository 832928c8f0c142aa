import { describe, expect, it } from 'vitest'
import { randomRun } from './words/randomRun.ts'

const SEEDS = 16

describe('random books and faults', () => {
  it.each(Array.from({ length: SEEDS }, (_, i) => i))('seed %i', async (number) => {
    await randomRun(number)
  })

  it('goes the same way twice from one seed', async () => {
    const [first, second, other] = [await randomRun(1), await randomRun(1), await randomRun(2)]
    expect(first.stage.trace.digest()).toBe(second.stage.trace.digest())
    expect(first.stage.trace.digest()).not.toBe(other.stage.trace.digest())
    expect(first.stage.trace.length).toBeGreaterThan(500)
  })
})
