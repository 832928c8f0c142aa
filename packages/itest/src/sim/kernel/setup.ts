import { vi } from 'vitest'
import type * as crypto from '@tidepool/crypto'
import type * as curve from '../../../../crypto/src/curve.ts'

// For every file of the project sim: pure functions of the curve remember what they were asked.
vi.mock('@tidepool/crypto', async (load) => {
  const { remembering } = await import('./remember.ts')
  return remembering(await load<typeof crypto>())
})
vi.mock('../../../../crypto/src/curve.ts', async (load) => {
  const { rememberingCurve } = await import('./remember.ts')
  return rememberingCurve(await load<typeof curve>())
})
