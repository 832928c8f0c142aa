import { expect, it } from 'vitest'
import { runCampaign } from '../kernel/campaign.ts'
import { simSize } from '../kernel/size.ts'
import { runSchedule } from './schedule.ts'

it('random lives of accounts end well, odd numbers', { timeout: 36_000_000 }, async () => {
  const { first, lives } = simSize()
  const tally = await runCampaign({ name: 'lives', first, count: lives, shares: 2, share: 1, run: runSchedule })
  expect(tally.of('schedules', 'run')).toBe(Math.floor(lives / 2))
})
