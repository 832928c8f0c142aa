import { expect, it } from 'vitest'
import { accountStories } from '../../scenarios/accountStories.ts'
import { simulatedStories } from '../../scenarios/chainTrouble.ts'
import { CHANGE_DEATHS, changeKilled } from '../../scenarios/changeKilled.ts'
import { useMarket } from '../../scenarios/useMarket.ts'

const market = useMarket('simnet')

it.each([...accountStories, ...simulatedStories])('%s', async (_, story) => {
  expect.hasAssertions()
  await story(market())
})

it.each(CHANGE_DEATHS)('a trader that dies %s a change goes on alone; the change is made: %s', async (...death) => {
  expect.hasAssertions()
  await changeKilled(market(), death)
})
