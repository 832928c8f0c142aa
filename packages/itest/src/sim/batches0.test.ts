import { expect, it } from 'vitest'
import { runCampaign } from './kernel/campaign.ts'
import { simSize } from './kernel/size.ts'
import { batchSchedule } from './words/batchSchedule.ts'

it('random batches end well, even numbers', { timeout: 36_000_000 }, async () => {
  const { first, batches } = simSize()
  const tally = await runCampaign({ name: 'batches', first, count: batches, shares: 2, share: 0, run: batchSchedule })
  expect(tally.of('schedules', 'run')).toBe(Math.ceil(batches / 2))
})
