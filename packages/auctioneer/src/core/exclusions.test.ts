import { describe, expect, it } from 'vitest'
import { nodeKey, orderNonce } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { nodePair, streamId } from '@tidepool/market'
import { NO_CONFLICTS, rememberRun } from './conflictMemory.ts'
import { NO_EXCLUSIONS, exclude, rejectedPairs } from './exclusions.ts'
import type { Failure } from './exclusions.ts'

const ALICE = streamId('alice')
const BOB = streamId('bob')
const A = nodeKey('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798')
const B = nodeKey('02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5')
const AB = { own: A, other: B }
const key: AccountKey = A as never

const partial = (code: 'duplicatePeer' | 'channelFundingFailed'): Failure => ({
  kind: 'partialReject',
  stream: ALICE,
  pairs: [{ ...AB, code, reason: 'so' }],
})
const channel = 'x:0' as never
const EVERY: Readonly<Record<Failure['kind'], Failure>> = {
  partialReject: partial('duplicatePeer'),
  fullReject: { kind: 'fullReject', stream: ALICE, code: 'unknown', reason: 'so' },
  silent: { kind: 'silent', stream: ALICE, step: 'prepare' },
  streamLost: { kind: 'streamLost', stream: ALICE },
  badSignature: { kind: 'badSignature', stream: ALICE, accountKey: key, reason: 'invalid' },
  channelInfoMissing: { kind: 'channelInfoMissing', stream: ALICE, pair: AB, channel },
  channelInfoMismatch: { kind: 'channelInfoMismatch', stream: ALICE, pair: AB, channel, what: 'type' },
  bookChanged: { kind: 'bookChanged', reason: 'canceled' },
}

describe('exclusions of a run', () => {
  it.each([
    ['partialReject', 'pair'],
    ['fullReject', 'trader'],
    ['silent', 'trader'],
    ['streamLost', 'trader'],
    ['badSignature', 'trader'],
    ['channelInfoMissing', 'pair'],
    ['channelInfoMismatch', 'pair'],
    ['bookChanged', 'nobody'],
  ] as const)('%s excludes a %s', (kind, whom) => {
    const after = exclude(NO_EXCLUSIONS, [EVERY[kind]])
    expect([...after.pairs]).toEqual(whom === 'pair' ? [nodePair(A, B)] : [])
    expect([...after.streams.keys()]).toEqual(whom === 'trader' ? [ALICE] : [])
  })

  it('only grow', () => {
    const first = exclude(NO_EXCLUSIONS, Object.values(EVERY))
    const second = exclude(first, [EVERY.bookChanged])
    expect(second).toEqual(first)
  })

  it('keep a pair apart whichever side reported it', () => {
    const other: Failure = { kind: 'channelInfoMissing', stream: BOB, pair: { own: B, other: A }, channel }
    expect(exclude(NO_EXCLUSIONS, [other]).pairs).toEqual(exclude(NO_EXCLUSIONS, [EVERY.partialReject]).pairs)
  })

  it('ignore rejected nonces that were no match of the trader', () => {
    const [own, stranger] = [orderNonce('01'.repeat(32)), orderNonce('02'.repeat(32))]
    const because = { reason: 'so', code: 'duplicatePeer' } as const
    const pairs = rejectedPairs(
      new Map([[own, AB]]),
      new Map([
        [own, because],
        [stranger, because],
      ]),
    )
    expect(pairs).toEqual([{ ...AB, ...because }])
  })
})

describe('what is remembered between runs', () => {
  const nodesOf = (stream: typeof ALICE) => (stream === ALICE ? [A] : [B])
  const remember = (failures: readonly Failure[], before = NO_CONFLICTS, cooldown = 2) =>
    rememberRun(before, failures, cooldown, nodesOf)

  it('keeps nodes apart for some runs after a failed funding, not after a duplicate peer', () => {
    expect(remember([partial('duplicatePeer')]).pairs.size).toBe(0)
    const first = remember([partial('channelFundingFailed')])
    expect([...first.pairs]).toEqual([[nodePair(A, B), 2]])
    const second = remember([], first)
    expect([...second.pairs.values()]).toEqual([1])
    expect(remember([], second).pairs.size).toBe(0)
    expect(remember([partial('channelFundingFailed')], NO_CONFLICTS, 0).pairs.size).toBe(0)
  })

  it('blames nobody when the other side was gone', () => {
    const lost: Failure = { kind: 'streamLost', stream: BOB }
    expect(remember([partial('channelFundingFailed'), lost]).pairs.size).toBe(0)
    const silent: Failure = { kind: 'silent', stream: BOB, step: 'sign' }
    expect(remember([silent, EVERY.channelInfoMissing]).pairs.size).toBe(0)
  })

  it('leaves a stream out for good that has another batch version', () => {
    const mismatch: Failure = { kind: 'fullReject', stream: ALICE, code: 'batchVersionMismatch', reason: 'so' }
    expect([...remember([mismatch]).streams]).toEqual([ALICE])
    expect([...remember([EVERY.fullReject]).streams]).toEqual([])
  })
})
