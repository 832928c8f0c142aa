import { blockHeight, formatOutPoint, nodeKey, toHex, txid } from '@tidepool/crypto'
import type { OutPoint, Txid } from '@tidepool/crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silent } from '../../../test/kit/bench.ts'
import { FakeChannels } from '../../../test/kit/fakeChannels.ts'
import { FakeClock, settle } from '../../../test/kit/fakeClock.ts'
import { FakeWallet } from '../../../test/kit/fakeWallet.ts'
import { keyOf, leasedChannelAs } from '../../../test/kit/samples.ts'
import { BACKUP_KEY } from '../../core/channelBackup.ts'
import { Funding } from './funding.ts'

const bidder = leasedChannelAs('bidder')
const asker = leasedChannelAs('asker')

let channels: FakeChannels
let clock: FakeClock
let end: AbortController
beforeEach(() => {
  channels = new FakeChannels()
  clock = new FakeClock()
  end = new AbortController()
})
afterEach(() => end.abort())

async function funding(change: { readonly newNodesOnly?: boolean; readonly addresses?: readonly string[] } = {}) {
  const wallet = new FakeWallet()
  channels.backupKey = await wallet.keyAt(BACKUP_KEY)
  const node = { nodeKey: nodeKey(keyOf('own node')), addresses: change.addresses ?? ['127.0.0.1:9735'] }
  const options = { newNodesOnly: change.newNodesOnly ?? false, stepTimeoutMs: 15_000 }
  const made = new Funding(options, { channels, wallet, clock, logger: silent, node })
  void made.run(end.signal)
  await settle()
  return made
}

describe('before accept', () => {
  it('the bidder registers its shim, connects, and is done when the maker is online', async () => {
    const made = await funding()
    channels.reachable.add(bidder.peer)
    expect((await made.prepare([bidder])).size).toBe(0)
    expect(channels.log).toEqual(['register', 'connect 10.0.0.1:9735'])
  })

  it('an intent left over from an earlier proposal does not stop the next one', async () => {
    const made = await funding()
    channels.comeOnline(bidder.peer)
    const old = { ...bidder.shim, outpoint: { txid: txid('55'.repeat(32)), index: 0 } }
    await channels.registerShim(old)
    await made.prepare([bidder])
    expect([...channels.intents.values()]).toEqual([bidder.shim])
  })

  it('tries every address, then gives the match up after 15 seconds', async () => {
    const made = await funding()
    const failed = made.prepare([bidder])
    await settle()
    await clock.advance(14_999)
    await clock.advance(1)
    expect([...(await failed).values()]).toEqual([
      { code: 'channelFundingFailed', reason: 'connection not established before timeout' },
    ])
    expect(channels.log.slice(1)).toEqual(['connect 10.0.0.1:9735', 'connect 10.0.0.2:9735'])
  })

  it('takes a maker that comes by itself', async () => {
    const made = await funding()
    const failed = made.prepare([bidder])
    await settle()
    channels.comeOnline(bidder.peer)
    expect((await failed).size).toBe(0)
  })

  it('the asker registers nothing and connects only when it is behind tor', async () => {
    const made = await funding()
    expect((await made.prepare([asker])).size).toBe(0)
    expect(channels.log).toEqual([])
    const behindTor = await funding({ addresses: [`${'a'.repeat(56)}.onion:9735`] })
    channels.reachable.add(asker.peer)
    await behindTor.prepare([asker])
    expect(channels.log).toEqual(['connect 10.0.0.1:9735'])
  })

  it('refuses peers with channels when only new nodes are wanted', async () => {
    const made = await funding({ newNodesOnly: true })
    channels.becomePending(asker.shim, asker.peer, true)
    expect([...(await made.prepare([asker])).values()]).toMatchObject([{ code: 'duplicatePeer' }])
    expect((await made.prepare([asker], new Set([asker.shim.outpoint.txid]))).size).toBe(0)
    expect(channels.log).toEqual([])
  })
})

describe('at sign begin', () => {
  it('the asker opens and reports what its backup says', async () => {
    const made = await funding()
    const { infos, failed } = await made.open([asker])
    expect(failed.size).toBe(0)
    expect(channels.log).toEqual(['cancel', 'open'])
    expect(infos.get(formatOutPoint(asker.shim.outpoint))).toMatchObject({
      type: 'scriptEnforcedLease',
      remoteNodeKey: asker.peer,
    })
  })

  it('the bidder waits for the pending event', async () => {
    const made = await funding()
    const opened = made.open([bidder])
    await settle()
    channels.becomePending(bidder.shim, bidder.peer, false)
    expect((await opened).failed.size).toBe(0)
  })

  it('an event missed is made up for by the list', async () => {
    const made = await funding()
    channels.becomePending(bidder.shim, bidder.peer, false)
    expect((await made.open([bidder])).failed.size).toBe(0)
  })

  it('a channel that never comes fails after 15 seconds', async () => {
    const made = await funding()
    const opened = made.open([bidder])
    await settle()
    await clock.advance(15_000)
    expect([...(await opened).failed.values()]).toEqual([
      { code: 'channelFundingFailed', reason: 'timed out waiting for pending open channel notification' },
    ])
  })

  it("hands on lnd's reason at once, and leaves no intent for the next attempt", async () => {
    const made = await funding()
    channels.openFailure = new Error('reserved wallet balance invalidated')
    const { failed } = await made.open([asker])
    expect([...failed.values()]).toMatchObject([{ reason: 'reserved wallet balance invalidated' }])
    expect(channels.hasIntent(asker.shim.pendingChannelId)).toBe(false)
  })

  it('a stale intent on the opener is never used', async () => {
    const made = await funding()
    await channels.registerShim({ ...asker.shim, outpoint: { txid: txid('55'.repeat(32)), index: 0 } })
    const { infos } = await made.open([asker])
    expect([...infos.keys()]).toEqual([formatOutPoint(asker.shim.outpoint)])
  })

  it('an outpoint other than agreed is abandoned and refused', async () => {
    const made = await funding()
    channels.cancelShim = async () => undefined
    channels.intents.set(Buffer.from(asker.shim.pendingChannelId).toString('hex'), {
      ...asker.shim,
      outpoint: { txid: txid('55'.repeat(32)), index: 0 },
    })
    const { infos, failed } = await made.open([asker])
    expect(infos.size).toBe(0)
    expect([...failed.values()]).toMatchObject([{ reason: 'lnd opened another outpoint' }])
    expect(channels.log).toContain('abandon')
  })

  it.each([
    [{ capacity: 400_000n }, 'capacity'],
    [{ remoteFundingKey: keyOf('cheat') }, 'remote funding key'],
    [{ leaseExpiry: 2000 }, 'lease expiry'],
  ])('a cheating peer shows in the backup: %o', async (change, field) => {
    const made = await funding()
    channels.backupChange = change
    channels.becomePending(bidder.shim, bidder.peer, false)
    const { failed, infos } = await made.open([bidder])
    expect(infos.size).toBe(0)
    expect([...failed.values()]).toMatchObject([{ reason: `lnd's channel has another ${field} than the batch` }])
  })
})

describe('the acceptor', () => {
  it('knows the channels of the batch, and forgets them when it is over', async () => {
    const made = await funding()
    channels.comeOnline(bidder.peer)
    await made.prepare([bidder])
    const question = {
      pendingChannelId: bidder.shim.pendingChannelId,
      peer: bidder.peer,
      fundingAmount: 1n,
      pushMsat: 0n,
      commitment: 'anchors',
      announced: true,
      wantsZeroConf: false,
    } as const
    expect(channels.judge?.(question).accept).toBe(false)
    expect(channels.judge?.({ ...question, pendingChannelId: new Uint8Array(32) }).accept).toBe(true)
    made.finished([bidder])
    expect(channels.judge?.(question).accept).toBe(true)
  })
})

describe('cleaning up', () => {
  const leftover = { txid: asker.shim.outpoint.txid, channels: [asker], signed: false, spends: [] }
  const nothing = { shims: new Set<string>(), transactions: new Set<Txid>() }

  it('cancels and abandons on either side', async () => {
    const made = await funding()
    channels.becomePending(asker.shim, asker.peer, true)
    expect(await made.cleanUp(leftover, nothing)).toBe('done')
    expect(channels.log).toEqual(['cancel', 'abandon'])
    expect(channels.pending.size).toBe(0)
  })

  it('is not sure about a channel that may still come', async () => {
    const made = await funding()
    expect(await made.cleanUp(leftover, nothing)).toBe('unsure')
    channels.becomePending(asker.shim, asker.peer, true)
    expect(await made.cleanUp(leftover, nothing)).toBe('done')
    expect(channels.log).toEqual(['cancel', 'abandon', 'cancel', 'abandon'])
  })

  it('keeps the channels of a batch that we signed, until the chain rules it out', async () => {
    const made = await funding()
    channels.becomePending(asker.shim, asker.peer, true)
    const spends = [{ outpoint: asker.shim.outpoint, script: new Uint8Array(34), heightHint: blockHeight(9) }]
    expect(await made.cleanUp({ ...leftover, signed: true, spends }, nothing)).toBe('kept')
    expect(channels.log).toEqual(['cancel'])
    expect(await made.cleanUp({ ...leftover, spends }, nothing)).toBe('done')
    expect(channels.log).toEqual(['cancel', 'cancel', 'abandon'])
  })

  it('abandons a usable channel the hard way', async () => {
    const made = await funding()
    const asked: string[] = []
    channels.abandonChannel = (_: OutPoint, even?: string) => {
      asked.push(even ?? '')
      return Promise.resolve('abandoned' as const)
    }
    expect(await made.cleanUp({ ...leftover, channels: [{ ...asker, zeroConf: true }] }, nothing)).toBe('done')
    expect(asked).toEqual(['zeroConf'])
  })

  it('fails when lnd does not answer', async () => {
    const made = await funding()
    channels.cancelShim = async () => Promise.reject(new Error('unavailable'))
    expect(await made.cleanUp(leftover, nothing)).toBe('failed')
  })

  it('leaves the shim of the batch under way alone', async () => {
    const made = await funding()
    await channels.registerShim(asker.shim)
    const shims = new Set([toHex(asker.shim.pendingChannelId)])
    await made.cleanUp(leftover, { ...nothing, shims })
    expect(channels.hasIntent(asker.shim.pendingChannelId)).toBe(true)
    await made.cleanUp(leftover, nothing)
    expect(channels.hasIntent(asker.shim.pendingChannelId)).toBe(false)
  })

  it('abandons what the maker opened with our keys under another outpoint, but no channel of a known batch', async () => {
    const made = await funding()
    const told = { txid: txid('66'.repeat(32)), index: 3 }
    const taken = { ...leftover, channels: [bidder] }
    channels.becomePending({ ...bidder.shim, outpoint: told }, bidder.peer, false)
    await made.cleanUp(taken, { ...nothing, transactions: new Set([told.txid]) })
    expect([...channels.pending.keys()]).toEqual([formatOutPoint(told)])
    await made.cleanUp(taken, nothing)
    expect(channels.pending.size).toBe(0)
  })

  it('leaves channels of the same maker with other keys alone', async () => {
    const made = await funding()
    const other = { ...bidder.shim, outpoint: { txid: txid('66'.repeat(32)), index: 3 } }
    channels.backupChange = { fundingKey: { ...bidder.shim.localKey, index: 999 } }
    channels.becomePending(other, bidder.peer, false)
    await made.cleanUp({ ...leftover, channels: [bidder] }, nothing)
    expect(channels.pending.size).toBe(1)
  })

  it('refuses the channel from then on, until it is agreed again', async () => {
    const made = await funding()
    channels.comeOnline(bidder.peer)
    await made.prepare([bidder])
    const question = {
      pendingChannelId: bidder.shim.pendingChannelId,
      peer: bidder.peer,
      fundingAmount: bidder.shim.capacity,
      pushMsat: bidder.push * 1000n,
      commitment: 'scriptEnforcedLease',
      announced: true,
      wantsZeroConf: false,
    } as const
    expect(channels.judge?.(question).accept).toBe(true)
    await made.cleanUp({ ...leftover, channels: [bidder] }, nothing)
    expect(channels.judge?.(question)).toEqual({ accept: false, reason: 'the batch of this channel was given up' })
    await made.prepare([bidder])
    expect(channels.judge?.(question).accept).toBe(true)
  })
})
