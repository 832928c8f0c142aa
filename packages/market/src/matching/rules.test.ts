import { blockCount, blockHeight, satPerKWeight, satoshi, type NodeKey } from '@tidepool/crypto'
import { describe, expect, test } from 'vitest'
import { account, accountOf, ask, bid, bookAccount, context, keyOf, nodeOf, withAccounts } from '../../test/books.ts'
import { batchVersion } from '../batchVersion.ts'
import { nodePair, streamId, type BookAsk, type BookBid, type BookOrder } from '../book.ts'
import type { Ask, Bid } from '../order.ts'
import { supplyUnits } from '../supplyUnit.ts'
import { accountLasts, batchVersionCarries, filterOrder, online } from './filters.ts'
import { matchUnits, premiumUnits } from './matchUnits.ts'
import { firstRefusal } from './pairRules.ts'
import { DEFAULT_MATCH_RULES, type FilterReason, type MatchContext, type PairReason } from './types.ts'

const stream = (trader: number, version: number) => ({
  stream: { id: streamId(`s${trader}`), batchVersion: batchVersion(version) },
})

describe('filters', () => {
  const base = context(3)
  const order = bid({ trader: 1, rate: 10, units: 5, minUnits: 3 })
  const sidecar = bid({ trader: 1, rate: 10, units: 5, minUnits: 5 }, { isSidecar: true })
  const expiring = (height: number) =>
    withAccounts(base, bookAccount(1, { account: account(1, { expiry: blockHeight(height) }) }))

  const cases: readonly (readonly [string, BookOrder, MatchContext, FilterReason | undefined])[] = [
    ['a plain order', order, base, undefined],
    ['F1 archived', { ...order, state: 'executed' }, base, 'orderNotActive'],
    ['F1 nothing left', { ...order, unitsUnfulfilled: supplyUnits(0) }, base, 'orderNotActive'],
    ['F1 tail', { ...order, unitsUnfulfilled: supplyUnits(2) }, base, 'remainderBelowMinimum'],
    ['F1 outbound', ask({ trader: 1, rate: 10, units: 1, minUnits: 9 }, { auctionType: 'outbound' }), base, undefined],
    ['F2 above', order, { ...base, feeRate: satPerKWeight(25_001) }, 'feeRateAboveMaximum'],
    ['F2 equal', order, { ...base, feeRate: satPerKWeight(25_000) }, undefined],
    ['F3 not ready', order, withAccounts(base, bookAccount(1, { ready: false })), 'accountNotReady'],
    ['F3 unknown', bid({ trader: 9, rate: 10, units: 1 }), base, 'accountNotReady'],
    ['F4 equal', order, expiring(1144), 'accountExpiresSoon'],
    ['F4 later', order, expiring(1145), undefined],
    ['F5 account', order, { ...base, bannedAccounts: new Set([accountOf(1)]) }, 'banned'],
    ['F5 node', order, { ...base, bannedNodes: new Set([nodeOf(1)]) }, 'banned'],
    ['F5 silent', order, { ...base, silentAccounts: new Set([accountOf(1)]) }, 'traderSilent'],
    ['F6 trader', order, withAccounts(base, bookAccount(1, { stream: undefined })), 'traderOffline'],
    ['F6 recipient', sidecar, base, 'traderOffline'],
    ['F7', order, { ...base, openDurations: new Set([blockCount(4032)]) }, 'durationNotOpen'],
    [
      'F8 unannounced',
      { ...order, order: { ...order.order, unannounced: true } },
      withAccounts(base, bookAccount(1, stream(1, 1))),
      'batchVersionLacksFeature',
    ],
    [
      'F8 zero-conf',
      ask({ trader: 1, rate: 10, units: 1 }, { confirmation: 'onlyZeroConf' }),
      withAccounts(base, bookAccount(1, stream(1, 10))),
      'batchVersionLacksFeature',
    ],
    ['F8 plain bid of an old version', order, withAccounts(base, bookAccount(1, stream(1, 1))), undefined],
    [
      'F8 plain ask of an old version',
      ask({ trader: 1, rate: 10, units: 1 }),
      withAccounts(base, bookAccount(1, stream(1, 1))),
      undefined,
    ],
    [
      'F8 zero-conf bid',
      bid({ trader: 1, rate: 10, units: 1 }, { zeroConf: true }),
      withAccounts(base, bookAccount(1, stream(1, 10))),
      'batchVersionLacksFeature',
    ],
    [
      'F8 ask for unannounced alone',
      ask({ trader: 1, rate: 10, units: 1 }, { announcement: 'onlyUnannounced' }),
      withAccounts(base, bookAccount(1, stream(1, 1))),
      'batchVersionLacksFeature',
    ],
    ['left out by nonce', order, { ...base, excludedOrders: new Set([order.order.nonce]) }, 'excludedFromAttempt'],
    ['left out by account', order, { ...base, excludedAccounts: new Set([accountOf(1)]) }, 'excludedFromAttempt'],
  ]
  test.each(cases)('%s', (_name, entry, from, reason) => expect(filterOrder(entry, from)).toBe(reason))
})

describe('filters alone, whatever the others said before', () => {
  const order = bid({ trader: 1, rate: 10, units: 5 })
  const unknown = { ...context(3), accounts: new Map() }
  const offline = withAccounts(context(3), bookAccount(1, { stream: undefined }))
  test('of an account that is unknown, or offline', () => {
    expect(accountLasts(order, unknown)).toBe('accountExpiresSoon')
    expect(online(order, unknown)).toBe('traderOffline')
    expect(online(order, offline)).toBe('traderOffline')
    expect(batchVersionCarries(order, unknown)).toBe('traderOffline')
    expect(batchVersionCarries(order, offline)).toBe('traderOffline')
  })
})

describe('pairs', () => {
  const base = context(4)
  const recipient = { id: streamId('recipient'), batchVersion: batchVersion(58) }
  const withRecipient = { ...base, sidecarRecipients: new Map([[keyOf(78), recipient]]) }
  const sidecar = { isSidecar: true, multiSigKey: keyOf(78), nodeKey: keyOf(77) as NodeKey } as const
  const offline = (trader: number) => bookAccount(trader, { stream: undefined })
  const oneStream = withAccounts(
    base,
    bookAccount(2, { stream: { id: streamId('s1'), batchVersion: batchVersion(58) } }),
  )
  const enforced = { channelType: 'scriptEnforced' } as const
  const taproot = { channelType: 'simpleTaproot' } as const

  type Case = readonly [string, Partial<Ask>, Partial<Bid>, PairReason | undefined, MatchContext?]
  const cases: readonly Case[] = [
    ['a plain pair', {}, {}, undefined],
    ['P1', { leaseDuration: blockCount(4032) }, {}, 'durationDiffers'],
    ['P2', { auctionType: 'outbound' }, {}, 'auctionTypeDiffers'],
    ['P4', { accountKey: accountOf(2) }, {}, 'sameAccount'],
    ['P5', { nodeKey: nodeOf(2) }, {}, 'sameNode'],
    ['P5 sidecar recipient is the asker', { nodeKey: keyOf(77) as NodeKey }, sidecar, 'sameNode', withRecipient],
    ['P6 too low', {}, { minNodeTier: 'tier1' }, 'nodeTierTooLow', { ...base, defaultTier: 0 }],
    ['P6 default means tier 1', {}, { minNodeTier: 'default' }, 'nodeTierTooLow', { ...base, defaultTier: 0 }],
    ['P6 anything', {}, { minNodeTier: 'tier0' }, undefined, { ...base, defaultTier: 0 }],
    [
      'P6 rated',
      {},
      { minNodeTier: 'tier1' },
      undefined,
      { ...base, defaultTier: 0, tiers: new Map([[nodeOf(1), 1]]) },
    ],
    ['P7 ask denies', { nodeFilter: { kind: 'deny', nodes: [nodeOf(2)] } }, {}, 'nodeNotAdmitted'],
    ['P7 bid allows another', {}, { nodeFilter: { kind: 'allow', nodes: [nodeOf(3)] } }, 'nodeNotAdmitted'],
    ['P7 both allow', { nodeFilter: { kind: 'allow', nodes: [nodeOf(2)] } }, {}, undefined],
    ['P8 mixed meet', enforced, {}, undefined],
    ['P8 taproot alone', taproot, {}, 'channelTypesIncompatible'],
    [
      'P8 equality',
      enforced,
      {},
      'channelTypesIncompatible',
      { ...base, rules: { ...DEFAULT_MATCH_RULES, channelTypes: 'equal' } },
    ],
    ['P8 counts from version 5', { ...taproot, version: 4 }, {}, undefined],
    ['P9 announced only', { announcement: 'onlyAnnounced' }, { unannounced: true }, 'announcementUnmet'],
    ['P9 unannounced only', { announcement: 'onlyUnannounced' }, {}, 'announcementUnmet'],
    ['P9 confirmed only', { confirmation: 'onlyConfirmed' }, { ...enforced, zeroConf: true }, 'confirmationUnmet'],
    ['P9 zero-conf only', { confirmation: 'onlyZeroConf' }, {}, 'confirmationUnmet'],
    ['P10 self balance', { version: 2 }, { selfChannelBalance: satoshi(1) }, 'orderVersionTooLow'],
    ['P10 nothing that an old ask does not know', { version: 1 }, {}, undefined],
    ['P10 self balance known', { version: 3 }, { selfChannelBalance: satoshi(1) }, undefined],
    ['P10 sidecar', { version: 3 }, sidecar, 'orderVersionTooLow', withRecipient],
    ['P10 sidecar known', { version: 4 }, sidecar, undefined, withRecipient],
    ['P11', {}, {}, 'nodesInConflict', { ...base, conflicts: new Set([nodePair(nodeOf(2), nodeOf(1))]) }],
    ['P13 taproot announced', taproot, taproot, 'taprootAnnounced'],
    ['P13 taproot unannounced', taproot, { ...taproot, unannounced: true }, undefined],
    ['P13 zero-conf without type', {}, { zeroConf: true }, 'zeroConfChannelType'],
    ['P13 zero-conf with type', enforced, { zeroConf: true }, undefined],
    ['P13 sidecar of the bid alone enforced', {}, { ...sidecar, ...enforced }, 'sidecarChannelType', withRecipient],
    ['P13 sidecar of an enforced ask', enforced, sidecar, undefined, withRecipient],
    [
      'P13 sidecar taproot',
      taproot,
      { ...sidecar, ...taproot, unannounced: true },
      'sidecarChannelType',
      withRecipient,
    ],
    [
      'P13 asker lacks unannounced',
      {},
      { unannounced: true },
      'counterpartBatchVersion',
      withAccounts(base, bookAccount(1, stream(1, 1))),
    ],
    [
      'P13 asker lacks zero-conf',
      enforced,
      { zeroConf: true },
      'counterpartBatchVersion',
      withAccounts(base, bookAccount(1, stream(1, 10))),
    ],
    ['P13 one stream', {}, {}, 'sameTrader', oneStream],
    ['P13 both offline', {}, {}, 'counterpartBatchVersion', withAccounts(base, offline(1), offline(2))],
    ['P13 both unknown', {}, {}, 'counterpartBatchVersion', { ...base, accounts: new Map() }],
    ['P13 without a recipient, of which F6 speaks', {}, sidecar, undefined],
    [
      'P13 the asker is the recipient',
      {},
      sidecar,
      'sameTrader',
      { ...base, sidecarRecipients: new Map([[keyOf(78), { ...recipient, id: streamId('s1') }]]) },
    ],
  ]
  const named = cases.map(([name, ofAsk, ofBid, reason, from]) => ({ name, ofAsk, ofBid, reason, from }))
  test.each(named)('$name', ({ ofAsk, ofBid, reason, from = base }) => {
    const offer: BookAsk = ask({ trader: 1, rate: 10, units: 5 }, ofAsk)
    const wish: BookBid = bid({ trader: 2, rate: 10, units: 5 }, ofBid)
    expect(firstRefusal(offer.order, wish.order, from)?.reason).toBe(reason)
  })

  test('P3', () => {
    const offer = ask({ trader: 1, rate: 11, units: 5 })
    expect(firstRefusal(offer.order, bid({ trader: 2, rate: 10, units: 5 }).order, base)?.reason).toBe(
      'ratesDoNotCross',
    )
  })
})

describe('P12 sizes', () => {
  const units = (askMin: number, bidMin: number, askLeft: number, bidLeft: number, extra: Partial<Bid> = {}) => {
    const offer = ask({ trader: 1, rate: 10, units: 20, minUnits: askMin })
    const wish = bid({ trader: 2, rate: 10, units: 10, minUnits: bidMin }, extra)
    return matchUnits(offer.order, wish.order, askLeft, bidLeft)
  }
  test.each([
    [1, 1, 7, 5, 5],
    [1, 1, 3, 5, 3],
    [5, 1, 9, 5, 5],
    [6, 1, 9, 5, undefined],
    [1, 4, 3, 5, undefined],
    [1, 1, 0, 5, undefined],
    [1, 1, 1, 5, 1],
  ])('minimums %i, %i with %i and %i left: %s', (askMin, bidMin, askLeft, bidLeft, expected) => {
    expect(units(askMin, bidMin, askLeft, bidLeft)).toBe(expected)
  })

  test('self channel balance and sidecars trade whole', () => {
    expect(units(1, 10, 10, 10, { selfChannelBalance: satoshi(1) })).toBe(10)
    expect(units(1, 1, 9, 10, { selfChannelBalance: satoshi(1) })).toBeUndefined()
    expect(units(1, 1, 9, 10, { isSidecar: true })).toBeUndefined()
  })

  test.each([
    [10, 1_000_000, 1],
    [10, 999_999, undefined],
    [1, 100_000, 1],
  ])('outbound: an ask for %i units meets a balance of %i: %s', (minUnits, balance, expected) => {
    const outbound = { auctionType: 'outbound' } as const
    const offer = ask({ trader: 1, rate: 10, units: 1, minUnits }, outbound)
    const wish = bid({ trader: 2, rate: 10, units: 1 }, { ...outbound, selfChannelBalance: satoshi(balance) })
    expect(matchUnits(offer.order, wish.order, 1, 1)).toBe(expected)
    expect(matchUnits(offer.order, wish.order, 1, 0)).toBeUndefined()
    expect(matchUnits(offer.order, wish.order, 0, 1)).toBeUndefined()
  })

  test('premium is paid on the units of a match, outbound also on the balance', () => {
    const wish = bid({ trader: 2, rate: 10, units: 9 }, { selfChannelBalance: satoshi(300_000) })
    expect(premiumUnits(wish.order, supplyUnits(7))).toBe(7n)
    expect(premiumUnits({ ...wish.order, auctionType: 'outbound' }, supplyUnits(1))).toBe(4n)
  })
})
