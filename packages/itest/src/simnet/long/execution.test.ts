import { expect, it } from 'vitest'
import { connectionStories, executionStories } from '../../scenarios/executionStories.ts'
import { useMarket } from '../../scenarios/useMarket.ts'

const market = useMarket('simnet')

/** Each makes several batches. */
const PATIENCE_MS = 300_000

it.each([...executionStories, ...connectionStories])(
  '%s',
  async (_, story) => {
    expect.hasAssertions()
    await story(market())
  },
  PATIENCE_MS,
)
