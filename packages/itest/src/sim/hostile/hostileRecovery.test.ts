import { describe, expect, it, vi } from 'vitest'
import type * as crypto from '@tidepool/crypto'
import { RECOVERY_LIES } from './lies/recoveryLies.ts'
import { expectNotBelieved } from './recoveryTrial.ts'

vi.mock('@tidepool/crypto', async (load) => {
  const { remembering } = await import('../kernel/remember.ts')
  return remembering(await load<typeof crypto>())
})

describe('an auctioneer that lies to a trader who lost its data', () => {
  it('has more than 30 ways to do so', () => {
    expect(new Set(RECOVERY_LIES.map(({ name }) => name)).size).toBe(RECOVERY_LIES.length)
    expect(RECOVERY_LIES.length).toBeGreaterThan(30)
  })

  it.each(RECOVERY_LIES.map((lie) => [lie.name, lie] as const))('%s', async (_, lie) => {
    await expectNotBelieved(lie)
  })
})
