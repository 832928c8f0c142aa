import { expect, it } from 'vitest'
import { deathStories, stories } from '../scenarios/stories.ts'
import { useMarket } from '../scenarios/useMarket.ts'

const market = useMarket('simnet')

it.each([...stories, ...deathStories])('%s', async (_, story) => {
  expect.hasAssertions()
  await story(market())
})
