import { expect, it, vi } from 'vitest'
import type * as crypto from '@tidepool/crypto'
import { simSize } from '../kernel/size.ts'
import { runMany } from './campaign.ts'

vi.mock('@tidepool/crypto', async (load) => {
  const { remembering } = await import('../kernel/remember.ts')
  return remembering(await load<typeof crypto>())
})

it('random lives of accounts end well, even numbers', { timeout: 3_600_000 }, async () => {
  const size = simSize()
  const tally = await runMany(size, 2, 0)
  expect(tally.of('schedules', 'run')).toBe(Math.ceil(size.accountSchedules / 2))
})
