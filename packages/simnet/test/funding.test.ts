import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fundingScript, pubKey } from '@tidepool/crypto'
import type { lnrpc } from '@tidepool/rpc'
import { HEALTHY, payFromFaucet, type Faults } from '../src/index.ts'
import { clientsOf, useSimnet } from './nodeUnderTest.ts'

const CAPACITY = 1_000_000n

/** What a cheating opener does behind the responder's back, and what becomes of channels that never confirm as agreed. */
describe('leased channels that go wrong', () => {
  const simnet = useSimnet({ nodes: ['maker', 'taker'], confirmations: 3 })

  async function openLease(funding: Faults['funding'], payTo: 'agreed' | 'other' | 'nobody') {
    const [maker, taker] = [clientsOf(simnet(), 'maker'), clientsOf(simnet(), 'taker')]
    const host = simnet().node('taker').uri.split('@')[1] ?? ''
    const { pubkey } = simnet().node('taker')
    await maker.lightning.connectPeer({ addr: { pubkey, host } }).catch(() => undefined)
    const [ours, theirs] = [
      await maker.walletKit.deriveNextKey({ keyFamily: 0 }),
      await taker.walletKit.deriveNextKey({ keyFamily: 0 }),
    ]
    const keys = [pubKey(ours.rawKeyBytes), pubKey(theirs.rawKeyBytes)] as const
    const agreed = fundingScript({ keys, kind: 'p2wsh' })
    const script = payTo === 'agreed' ? agreed : Uint8Array.from([0, 32, ...randomBytes(32)])
    const hash =
      payTo === 'nobody'
        ? Uint8Array.from(randomBytes(32))
        : payFromFaucet(simnet().chain, [{ script, value: CAPACITY }]).getHash()
    const pendingChanId = Uint8Array.from(randomBytes(32))
    const shim = (own: typeof ours, peer: Uint8Array): lnrpc.FundingShimInit => ({
      shim: {
        case: 'chanPointShim',
        value: {
          amt: CAPACITY,
          chanPoint: { fundingTxid: { case: 'fundingTxidBytes', value: hash } },
          localKey: { rawKeyBytes: own.rawKeyBytes, keyLoc: own.keyLoc ?? {} },
          remoteKey: peer,
          pendingChanId,
          thawHeight: simnet().chain.height + 100,
        },
      },
    })
    const register = { case: 'shimRegister', value: shim(theirs, ours.rawKeyBytes) } as const
    await taker.lightning.fundingStateStep({ trigger: register })
    simnet().node('maker').state.faults = { ...HEALTHY, funding }
    const stream = maker.lightning.openChannel({
      nodePubkey: Buffer.from(pubkey, 'hex'),
      localFundingAmount: CAPACITY,
      private: true,
      commitmentType: 'SCRIPT_ENFORCED_LEASE',
      fundingShim: shim(ours, theirs.rawKeyBytes),
    })
    const first = await stream[Symbol.asyncIterator]().next()
    stream.cancel()
    simnet().node('maker').state.faults = HEALTHY
    if (first.value?.update?.case !== 'chanPending') throw new Error('chan_pending expected')
    const { pendingOpenChannels } = await taker.lightning.pendingChannels({})
    return { maker, taker, pending: pendingOpenChannels.at(-1), ours, index: first.value.update.value.outputIndex }
  }

  it('the opener can change amount and outpoint unseen', async () => {
    const amount = await openLease('FUNDING_FAULT_AMOUNT', 'nobody')
    expect(amount.pending?.channel?.capacity).toBe(CAPACITY - 100_000n)
    const outpoint = await openLease('FUNDING_FAULT_OUTPOINT', 'nobody')
    expect(outpoint.index).toBe(1)
    expect(outpoint.pending?.channel?.channelPoint).toMatch(/:1$/)
  })

  it('a channel opens when the output is what was agreed, and never when it is not', async () => {
    const good = await openLease('FUNDING_FAULT_NONE', 'agreed')
    const bad = await openLease('FUNDING_FAULT_NONE', 'other')
    simnet().mine(6)
    const { channels } = await good.taker.lightning.listChannels({})
    expect(channels.map((channel) => channel.channelPoint)).toEqual([good.pending?.channel?.channelPoint])
    const { pendingOpenChannels } = await bad.taker.lightning.pendingChannels({})
    expect(pendingOpenChannels.map((each) => each.channel?.channelPoint)).toContain(bad.pending?.channel?.channelPoint)
  })

  it('the responder forgets after 2016 blocks, the opener never (trap 12)', async () => {
    const { maker, taker, pending } = await openLease('FUNDING_FAULT_NONE', 'nobody')
    const point = pending?.channel?.channelPoint ?? ''
    const events: lnrpc.ChannelEventUpdate[] = []
    const stream = taker.lightning.subscribeChannelEvents({})
    const reading = (async () => {
      for await (const event of stream) events.push(event)
    })()
    await taker.lightning.getInfo({})
    simnet().mine(2016)
    const { channels } = await taker.lightning.closedChannels({ fundingCanceled: true })
    expect(channels.map((channel) => channel.channelPoint)).toContain(point)
    const { pendingOpenChannels } = await maker.lightning.pendingChannels({})
    expect(pendingOpenChannels.map((each) => each.channel?.channelPoint)).toContain(point)
    await taker.lightning.getInfo({})
    stream.cancel()
    await reading
    expect(events.map((event) => event.type)).toContain('CHANNEL_FUNDING_TIMEOUT')
  })
})
