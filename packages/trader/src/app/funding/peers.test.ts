import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silent } from '../../../test/kit/bench.ts'
import { FakeChannels } from '../../../test/kit/fakeChannels.ts'
import { FakeClock, settle } from '../../../test/kit/fakeClock.ts'
import { leasedChannelAs } from '../../../test/kit/samples.ts'
import { OnlinePeers } from './onlinePeers.ts'
import { connectPeers } from './peers.ts'

const channel = leasedChannelAs('bidder')
const { peer } = channel
const LIMIT_MS = 15_000

let channels: FakeChannels
let clock: FakeClock
let end: AbortController
let online: OnlinePeers
beforeEach(() => {
  channels = new FakeChannels()
  clock = new FakeClock()
  end = new AbortController()
  online = new OnlinePeers({ channels, clock, logger: silent })
})
afterEach(() => end.abort())

/** Its run goes on until the end of the test. */
async function watch(): Promise<void> {
  void online.run(end.signal)
  await settle()
}

/** Lists are made, and given out only when released. */
function holdLists(): () => void {
  let release: () => void = () => undefined
  channels.beforeListed = new Promise((resolve) => (release = resolve))
  return release
}

/** Nodes not online at the end, undefined before it. */
function connecting(warnings: string[] = []) {
  const outcome: { missing: readonly string[] | undefined } = { missing: undefined }
  const logger = { ...silent, warn: (line: string) => void warnings.push(line) }
  void connectPeers([channel], LIMIT_MS, { channels, online, clock, logger }).then((missing) => {
    outcome.missing = [...missing]
  })
  return outcome
}

describe('the makers of a batch', () => {
  it('known to be online take no call and no time', async () => {
    channels.online.add(peer)
    await watch()
    const batches = [connecting(), connecting()]
    await settle()
    expect(batches).toEqual([{ missing: [] }, { missing: [] }])
    expect([channels.log, channels.peerLists, channels.peerSubscriptions]).toEqual([[], 1, 1])
    expect(clock.slept).toEqual([])
  })

  it('are connected and waited for when missing', async () => {
    await watch()
    const batch = connecting()
    await settle()
    expect(channels.log).toEqual(['connect 10.0.0.1:9735', 'connect 10.0.0.2:9735'])
    expect(batch.missing).toBeUndefined()
    channels.comeOnline(peer)
    await settle()
    expect(batch.missing).toEqual([])
  })

  it('are connected again once they have gone', async () => {
    channels.online.add(peer)
    channels.reachable.add(peer)
    await watch()
    channels.goOffline(peer)
    await settle()
    const batch = connecting()
    await settle()
    expect(channels.log).toEqual(['connect 10.0.0.1:9735'])
    expect(batch.missing).toEqual([])
  })

  it('are missing when the time is over', async () => {
    await watch()
    const warnings: string[] = []
    const batch = connecting(warnings)
    await settle()
    await clock.advance(LIMIT_MS - 1)
    expect(batch.missing).toBeUndefined()
    await clock.advance(1)
    expect(batch.missing).toEqual([peer])
    expect(warnings).toEqual([])
  })

  it('are found in a list when the event of their coming was lost', async () => {
    await watch()
    const batch = connecting()
    await settle()
    channels.online.add(peer)
    await clock.advance(2000)
    expect(batch.missing).toEqual([])
    expect(online.has(peer)).toBe(true)
  })
})

describe('without a subscription', () => {
  it('nobody is known to be online, and nobody connected, until there is one', async () => {
    channels.online.add(peer)
    await watch()
    channels.breakPeerEvents()
    channels.online.delete(peer)
    channels.reachable.add(peer)
    await settle()
    expect(online.has(peer)).toBe(false)
    const batch = connecting()
    await settle()
    expect(channels.log).toEqual([])
    await clock.advance(250)
    expect(channels.log).toEqual(['connect 10.0.0.1:9735'])
    expect(batch.missing).toEqual([])
  })

  it('whoever came meanwhile is known after the next list', async () => {
    await watch()
    channels.breakPeerEvents()
    await settle()
    channels.online.add(peer)
    const batch = connecting()
    await settle()
    await clock.advance(250)
    expect(batch.missing).toEqual([])
    expect([channels.log, channels.peerLists]).toEqual([[], 2])
  })

  it('a batch that was waiting already goes on with the next one', async () => {
    await watch()
    const batch = connecting()
    await settle()
    channels.breakPeerEvents()
    await settle()
    channels.online.add(peer)
    await clock.advance(250)
    expect(batch.missing).toEqual([])
  })

  it('all are missing when the time is over, and it is said', async () => {
    channels.online.add(peer)
    const warnings: string[] = []
    const batch = connecting(warnings)
    await clock.advance(LIMIT_MS)
    expect(batch.missing).toEqual([peer])
    expect([channels.log, warnings]).toEqual([[], ['peers could not be watched']])
  })
})

describe('knowledge of who is online', () => {
  it('begins with a list that leaves no stream behind when it fails', async () => {
    channels.beforeListed = Promise.reject(new Error('unavailable'))
    channels.online.add(peer)
    await watch()
    expect([online.has(peer), channels.peerSubscriptions]).toEqual([false, 0])
    channels.beforeListed = Promise.resolve()
    await clock.advance(250)
    expect([online.has(peer), channels.peerSubscriptions]).toEqual([true, 1])
  })

  it('misses nobody who goes while the list is under way', async () => {
    channels.online.add(peer)
    const release = holdLists()
    await watch()
    channels.goOffline(peer)
    release()
    await settle()
    expect(online.has(peer)).toBe(false)
  })

  it('is not overwritten by a later list that is older than an event', async () => {
    channels.online.add(peer)
    await watch()
    const release = holdLists()
    const listed = online.listAgain()
    channels.goOffline(peer)
    await settle()
    release()
    await listed
    expect(online.has(peer)).toBe(false)
  })

  it('ends with its run, and so does the subscription', async () => {
    channels.online.add(peer)
    await watch()
    end.abort()
    await settle()
    expect([online.has(peer), channels.peerSubscriptions]).toEqual([false, 0])
  })
})
