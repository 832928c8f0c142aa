import { expect, it } from 'vitest'
import { executionStories } from '../scenarios/executionStories.ts'
import { stories } from '../scenarios/stories.ts'
import { useMarket } from '../scenarios/useMarket.ts'

const market = useMarket('daemons')

it.each([...stories, ...executionStories])('%s', async (_, story) => {
  expect.hasAssertions()
  await story(market())
})
