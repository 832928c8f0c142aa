import { describe, it, vi } from 'vitest'
import type * as crypto from '@tidepool/crypto'
import { UNDOINGS, undo } from './reality.ts'

vi.mock('@tidepool/crypto', async (load) => {
  const { remembering } = await import('../kernel/remember.ts')
  return remembering(await load<typeof crypto>())
})

describe('a change that a reorganisation undoes', () => {
  it.each(UNDOINGS.map((undoing) => [undoing.name, undoing] as const))('%s', async (_, undoing) => {
    await undo(undoing)
  })
})
