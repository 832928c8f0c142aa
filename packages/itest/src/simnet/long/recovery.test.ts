import { expect, it } from 'vitest'
import { recoveryStories } from '../../scenarios/recoveryStories.ts'
import { useMarket } from '../../scenarios/useMarket.ts'

const market = useMarket('simnet')

it.each(recoveryStories)('%s', async (_, story) => {
  expect.hasAssertions()
  await story(market())
})
