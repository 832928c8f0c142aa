import { afterAll, describe, it, vi } from 'vitest'
import type * as crypto from '@tidepool/crypto'
import { STORIES } from './story.ts'
import { strikeAll } from './strikes.ts'
import { Tally } from './tally.ts'

vi.mock('@tidepool/crypto', async (load) => {
  const { remembering } = await import('../kernel/remember.ts')
  return remembering(await load<typeof crypto>())
})

describe('a change in which something goes wrong with the trader', () => {
  const tally = new Tally()
  afterAll(() => tally.print('accounts, table, trader'))

  it.each(STORIES.map((story) => [story.name, story] as const))('%s', { timeout: 120_000 }, async (_, story) => {
    await strikeAll(story, 'alice', tally)
  })
})
