import { nodeKey, satoshi } from '@tidepool/crypto'
import { describe, expect, it } from 'vitest'
import { keyOf, leasedChannelAs } from '../../test/kit/samples.ts'
import { judgeChannel } from './acceptorRules.ts'
import type { ChannelQuestion } from './acceptorRules.ts'

const channel = leasedChannelAs('bidder')
const question: ChannelQuestion = {
  pendingChannelId: channel.shim.pendingChannelId,
  peer: channel.peer,
  fundingAmount: 550_000n,
  pushMsat: 50_000_000n,
  commitment: 'scriptEnforcedLease',
  announced: true,
  wantsZeroConf: false,
}

describe('incoming channels', () => {
  it('of others pass untouched, whatever they are', () => {
    const odd = { ...question, fundingAmount: 1n, commitment: 'other', wantsZeroConf: true } as const
    expect(judgeChannel(odd, undefined)).toEqual({ accept: true, zeroConf: false })
  })

  it('of a batch pass when they are as agreed', () => {
    expect(judgeChannel(question, channel)).toEqual({ accept: true, zeroConf: false })
  })

  it('with zero-conf agreed are accepted as such', () => {
    const zeroConf = leasedChannelAs('bidder', { zeroConf: true })
    expect(judgeChannel({ ...question, wantsZeroConf: true }, zeroConf)).toEqual({ accept: true, zeroConf: true })
    expect(judgeChannel(question, zeroConf)).toEqual({ accept: false, reason: 'expected zero conf channel' })
  })

  it.each([
    [{ pushMsat: 50_000n }, 'invalid push amount 50000'],
    [{ fundingAmount: 550_001n }, 'invalid funding amount 550001'],
    [{ commitment: 'unknown' }, 'expected explicit channel negotiation'],
    [{ commitment: 'anchors' }, 'expected script enforced channel lease commitment type'],
    [{ announced: false }, 'expected an announced channel but received an unannounced one'],
    [{ wantsZeroConf: true }, 'unexpected zero conf channel'],
    [{ peer: nodeKey(keyOf('someone')) }, 'unexpected peer'],
  ] as const)('are refused with %o', (change, reason) => {
    expect(judgeChannel({ ...question, ...change }, channel)).toEqual({ accept: false, reason })
  })

  it('of a taproot pair must be taproot and unannounced', () => {
    const taproot = leasedChannelAs('bidder', { commitment: 'simpleTaproot', unannounced: true, push: satoshi(0) })
    const fitting = { ...question, commitment: 'simpleTaproot', announced: false, pushMsat: 0n } as const
    expect(judgeChannel(fitting, taproot).accept).toBe(true)
    expect(judgeChannel({ ...fitting, commitment: 'anchors' }, taproot)).toMatchObject({
      reason: 'expected simple taproot channel commitment type',
    })
    expect(judgeChannel({ ...fitting, announced: true }, taproot)).toMatchObject({
      reason: 'expected an unannounced channel but received an announced one',
    })
  })

  it('without a type agreed may have any', () => {
    const any = leasedChannelAs('bidder', { commitment: 'unspecified' })
    expect(judgeChannel({ ...question, commitment: 'anchors' }, any).accept).toBe(true)
  })
})
