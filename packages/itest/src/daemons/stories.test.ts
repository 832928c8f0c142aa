import { expect, it } from 'vitest'
import { stories } from '../scenarios/stories.ts'
import { useMarket } from '../scenarios/useMarket.ts'

const market = useMarket('daemons')

it.each(stories)('%s', async (_, story) => {
  expect.hasAssertions()
  await story(market())
})
