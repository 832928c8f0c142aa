import { expect, it } from 'vitest'
import { silent } from '../../../test/kit/bench.ts'
import { FakeChannels } from '../../../test/kit/fakeChannels.ts'
import { FakeClock, settle } from '../../../test/kit/fakeClock.ts'
import { PendingChannels } from './pendingChannels.ts'

it('a list that fails leaves no stream of channel events behind', async () => {
  const channels = new FakeChannels()
  const clock = new FakeClock()
  const end = new AbortController()
  channels.beforeListed = Promise.reject(new Error('unavailable'))
  const run = new PendingChannels({ channels, clock, logger: silent }).run(end.signal)
  await settle()
  expect(channels.channelSubscriptions).toBe(0)
  channels.beforeListed = Promise.resolve()
  await clock.advance(250)
  expect(channels.channelSubscriptions).toBe(1)
  end.abort()
  await run
  expect(channels.channelSubscriptions).toBe(0)
})
