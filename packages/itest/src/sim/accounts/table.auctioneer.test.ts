import { afterAll, describe, it } from 'vitest'
import { STORIES } from './story.ts'
import { strikeAll } from './strikes.ts'
import { Tally } from '../kernel/tally.ts'

describe('a change in which something goes wrong with the auctioneer', () => {
  const tally = new Tally()
  afterAll(() => tally.print('accounts, table, auctioneer'))

  it.each(STORIES.map((story) => [story.name, story] as const))('%s', { timeout: 120_000 }, async (_, story) => {
    await strikeAll(story, 'auctioneer', tally)
  })
})
