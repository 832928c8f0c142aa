import { expect, it } from 'vitest'
import { batchReorged, batchReorgedDeep } from '../scenarios/batchReorged.ts'
import { firstLease } from '../scenarios/firstLease.ts'
import { fullLine } from '../scenarios/fullLine.ts'
import { stuckChain } from '../scenarios/stuckChain.ts'
import type { Story } from '../scenarios/stories.ts'
import { useMarket } from '../scenarios/useMarket.ts'

const market = useMarket('daemons')

/** What depends on the chain daemon most. */
const chainStories: readonly (readonly [title: string, story: Story])[] = [
  ['a first lease', firstLease],
  ['three unconfirmed batches are bumped, and one block takes them', stuckChain],
  ['as many wait for a block as nodes relay, and no more', fullLine],
  ['a batch whose block is reorganised confirms again', batchReorged],
  ['a batch eight blocks deep, its channels open, leaves the chain and confirms again', batchReorgedDeep],
]

it.each(chainStories)('%s', async (_, story) => {
  expect.hasAssertions()
  expect(market().stack.chain.kind).toBe('bitcoind')
  await story(market())
})
