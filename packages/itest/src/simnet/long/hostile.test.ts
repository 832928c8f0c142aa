import { expect, it } from 'vitest'
import { hostileStories } from '../../scenarios/hostileStories.ts'
import { useMarket } from '../../scenarios/useMarket.ts'

const market = useMarket('simnet')

/** One after the other; each takes a moment. */
const PATIENCE_MS = 300_000

it.each(hostileStories)('%s', { timeout: PATIENCE_MS }, async (_, story) => {
  expect.hasAssertions()
  await story(market())
})
