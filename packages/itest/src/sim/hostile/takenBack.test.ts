import { describe, expect, it, vi } from 'vitest'
import type * as crypto from '@tidepool/crypto'
import { TAKEN_BACK, expectLiveAllTheSame } from './takenBack.ts'

vi.mock('@tidepool/crypto', async (load) => {
  const { remembering } = await import('../kernel/remember.ts')
  return remembering(await load<typeof crypto>())
})

describe('a signed batch that is taken back and published all the same', () => {
  it.each(TAKEN_BACK.flatMap((lie) => (['alice', 'bob'] as const).map((victim) => [lie.name, victim, lie] as const)))(
    'by %s, told to %s',
    async (_, victim, lie) => {
      expect.hasAssertions()
      await expectLiveAllTheSame(lie, victim)
    },
  )
})
