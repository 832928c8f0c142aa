import { expect, test } from 'vitest'
import { measureBatch } from './run.ts'

test('ten traders of real daemons make one batch of five channels', async () => {
  const batch = await measureBatch(10)
  expect(batch).toMatchObject({ accounts: 10, channels: 5, attempts: 1 })
  expect(batch.weight).toBeGreaterThan(0)
  expect([...batch.phases.keys()]).toEqual([
    'matchAndBuild',
    'prepareOut',
    'verify',
    'accept',
    'signBegin',
    'sign',
    'combine',
    'commit',
    'publish',
    'finalize',
  ])
})
