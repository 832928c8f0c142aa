import { describe, expect, it } from 'vitest'
import { MISDEEDS } from './deeds/index.ts'
import { expectConvicted } from './trial.ts'

describe('a trader that misbehaves', () => {
  it('has more than 80 ways to do so', () => {
    expect(new Set(MISDEEDS.map(({ name }) => name)).size).toBe(MISDEEDS.length)
    expect(MISDEEDS.length).toBeGreaterThan(80)
  })

  it.each(MISDEEDS.map((deed) => [`${deed.stage}: ${deed.name}`, deed] as const))('%s', async (_, deed) => {
    await expectConvicted(deed)
  })
})
