import { orderNonce, sha256 } from '@tidepool/crypto'
import { describe, expect, test } from 'vitest'
import { nodeOf } from '../test/books.ts'
import { announcementAdmits, confirmationAdmits, nodeAdmitted, nodeFilter, pendingChannelId } from './channelRules.ts'
import { channelTypesCompatible, commitmentType, effectiveChannelType } from './channelTypes.ts'

const TYPES = ['peerDependent', 'scriptEnforced', 'simpleTaproot'] as const

describe('channel types, ask by bid', () => {
  test('what a pair opens: script enforced as soon as one asks for it, taproot if both do', () => {
    expect(TYPES.map((ask) => TYPES.map((bid) => commitmentType(ask, bid)))).toEqual([
      ['unspecified', 'scriptEnforcedLease', 'unspecified'],
      ['scriptEnforcedLease', 'scriptEnforcedLease', 'scriptEnforcedLease'],
      ['unspecified', 'scriptEnforcedLease', 'simpleTaproot'],
    ])
  })

  test('who may meet: taproot itself alone; the others each other, or under the stricter rule themselves', () => {
    const table = (rule: 'mixed' | 'equal') =>
      TYPES.map((ask) => TYPES.map((bid) => channelTypesCompatible(ask, bid, rule)))
    expect(table('mixed')).toEqual([
      [true, true, false],
      [true, true, false],
      [false, false, true],
    ])
    expect(table('equal')).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ])
  })

  test('what an order declares counts from version 5 on', () => {
    expect(effectiveChannelType({ version: 4, channelType: 'simpleTaproot' })).toBe('peerDependent')
    expect(effectiveChannelType({ version: 5, channelType: 'simpleTaproot' })).toBe('simpleTaproot')
  })
})

describe('wishes of an ask, for a bid without and with', () => {
  test.each([
    ['none', [true, true]],
    ['onlyAnnounced', [true, false]],
    ['onlyUnannounced', [false, true]],
  ] as const)('announcement %s', (wish, admits) => {
    expect([false, true].map((unannounced) => announcementAdmits(wish, unannounced))).toEqual(admits)
  })

  test.each([
    ['none', [true, true]],
    ['onlyConfirmed', [true, false]],
    ['onlyZeroConf', [false, true]],
  ] as const)('confirmation %s', (wish, admits) => {
    expect([false, true].map((zeroConf) => confirmationAdmits(wish, zeroConf))).toEqual(admits)
  })
})

describe('node lists', () => {
  const [one, other] = [nodeOf(1), nodeOf(2)]

  test('from the two of the wire, of which only one may name anybody', () => {
    expect(nodeFilter([], [])).toEqual({ kind: 'any' })
    expect(nodeFilter([one], [])).toEqual({ kind: 'allow', nodes: [one] })
    expect(nodeFilter([], [one])).toEqual({ kind: 'deny', nodes: [one] })
    expect(() => nodeFilter([one], [other])).toThrow(expect.objectContaining({ code: 'ORDER_BOTH_NODE_LISTS' }))
  })

  test.each([
    ['any', { kind: 'any' }, [true, true]],
    ['allow', { kind: 'allow', nodes: [one] }, [true, false]],
    ['deny', { kind: 'deny', nodes: [one] }, [false, true]],
  ] as const)('%s', (_, filter, admits) => {
    expect([one, other].map((node) => nodeAdmitted(filter, node))).toEqual(admits)
  })
})

test('a pending channel is named by both nonces, the ask first', () => {
  const [ask, bid] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  expect(pendingChannelId(orderNonce(ask), orderNonce(bid))).toEqual(sha256(Uint8Array.of(...ask, ...bid)))
})
