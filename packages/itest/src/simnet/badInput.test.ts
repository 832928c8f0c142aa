import { expect, it } from 'vitest'
import { mistakes } from '../scenarios/mistakes.ts'
import { useMarket } from '../scenarios/useMarket.ts'

const market = useMarket('simnet')

it.each(mistakes)('%s', async (_, story) => {
  expect.hasAssertions()
  await story(market())
})
