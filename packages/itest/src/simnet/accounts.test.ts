import { expect, it } from 'vitest'
import { accountStories } from '../scenarios/accountStories.ts'
import { useMarket } from '../scenarios/useMarket.ts'

const market = useMarket('simnet')

it.each(accountStories)('%s', async (_, story) => {
  expect.hasAssertions()
  await story(market())
})
