import { describe, expect, it } from 'vitest'
import { WIRE_LIES } from '../../scenarios/hostile/wireLies.ts'
import { LIES } from './lies/index.ts'
import { RECOVERY_LIES } from './lies/recoveryLies.ts'
import { expectRefused } from './liar.ts'
import { liesPage } from './liesPage.ts'
import { TAKEN_BACK } from './takenBack.ts'

describe('a lying auctioneer', () => {
  it('tells more than 120 different lies', () => {
    expect(new Set(LIES.map(({ name }) => name)).size).toBe(LIES.length)
    expect(LIES.length).toBeGreaterThan(120)
  })

  it('docs/lies.md lists them', async () => {
    await expect(
      liesPage({ lies: LIES, takenBack: TAKEN_BACK, recovery: RECOVERY_LIES, wire: WIRE_LIES }),
    ).toMatchFileSnapshot('../../../../../docs/lies.md')
  })

  it.each(LIES.map((lie) => [`${lie.stage}: ${lie.name}`, lie] as const))('%s', async (_, lie) => {
    await expectRefused(lie)
  })
})
