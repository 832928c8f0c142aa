import { nodeKey, orderNonce, toHex } from '@tidepool/crypto'
import { describe, expect, test } from 'vitest'
import { loadCases, loadVectors } from '../test/loadVectors.ts'
import { ANNOUNCEMENTS, CHANNEL_TYPES, CONFIRMATIONS } from '../test/vectorOrders.ts'
import {
  batchVersion,
  LATEST_BATCH_VERSION,
  nodeBatchVersion,
  supportsExpiryExtension,
  supportsTaprootUpgrade,
  supportsTaprootV2,
  supportsUnannounced,
  supportsZeroConf,
} from './batchVersion.ts'
import { announcementAdmits, confirmationAdmits, nodeAdmitted, nodeFilter, pendingChannelId } from './channelRules.ts'
import { channelTypesCompatible, commitmentType } from './channelTypes.ts'

const PAIRING_KINDS = [
  'batch_version',
  'commitment_type',
  'match_announcement',
  'match_confirmation',
  'node_id_match',
  'pending_chan_id',
]

test('every pairing vector is run', () => {
  const { cases } = loadVectors<{ kind: string }>('pool/funding.json')
  const kinds = cases.map(({ kind }) => kind)
  expect(kinds.filter((kind) => PAIRING_KINDS.includes(kind))).toHaveLength(127)
  expect([...new Set(kinds.filter((kind) => !PAIRING_KINDS.includes(kind)))]).toEqual([
    'funding_output',
    'funding_output_edge',
  ])
})

describe('pending channel id', () => {
  type Case = { ask_nonce: string; bid_nonce: string; pending_chan_id: string }
  test.each(loadCases<Case>('funding', 'pending_chan_id'))('$pending_chan_id', (vector) => {
    const id = pendingChannelId(orderNonce(vector.ask_nonce), orderNonce(vector.bid_nonce))
    expect(toHex(id)).toBe(vector.pending_chan_id)
  })

  test('of nonces 01… and 02…', () => {
    const id = pendingChannelId(orderNonce('01'.repeat(32)), orderNonce('02'.repeat(32)))
    expect(toHex(id)).toBe('f818afd37a6dc3bc92fb44731011277006db4efa6e9023cd7468c02335d22a4d')
  })
})

describe('commitment type', () => {
  /** Unknown numbers behave as peer dependent in Pool; ours cannot hold them. */
  const typeOf = (number: number) => CHANNEL_TYPES[number] ?? 'peerDependent'
  const NAMES = { unspecified: 0, scriptEnforcedLease: 4, simpleTaproot: 5 } as const
  type Case = { our_channel_type: number; their_channel_type: number; commitment_type: number; musig2: boolean }
  test.each(loadCases<Case>('funding', 'commitment_type'))('$our_channel_type with $their_channel_type', (vector) => {
    const type = commitmentType(typeOf(vector.our_channel_type), typeOf(vector.their_channel_type))
    expect(NAMES[type]).toBe(vector.commitment_type)
    expect(type === 'simpleTaproot').toBe(vector.musig2)
  })

  test('mixed types meet, simple taproot only itself', () => {
    const mixed = CHANNEL_TYPES.map((a) => CHANNEL_TYPES.map((b) => channelTypesCompatible(a, b, 'mixed')))
    const equal = CHANNEL_TYPES.map((a) => CHANNEL_TYPES.map((b) => channelTypesCompatible(a, b, 'equal')))
    expect(mixed).toEqual([
      [true, true, false],
      [true, true, false],
      [false, false, true],
    ])
    expect(equal).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ])
  })
})

describe('wishes', () => {
  type Announced = { ask_constraint: number; bid_unannounced: boolean; match: boolean }
  test.each(loadCases<Announced>('funding', 'match_announcement'))('announcement %o', (vector) => {
    const constraint = ANNOUNCEMENTS[vector.ask_constraint]
    expect(constraint !== undefined && announcementAdmits(constraint, vector.bid_unannounced)).toBe(vector.match)
  })

  type Confirmed = { ask_constraint: number; bid_zero_conf: boolean; match: boolean }
  test.each(loadCases<Confirmed>('funding', 'match_confirmation'))('confirmation %o', (vector) => {
    const constraint = CONFIRMATIONS[vector.ask_constraint]
    expect(constraint !== undefined && confirmationAdmits(constraint, vector.bid_zero_conf)).toBe(vector.match)
  })
})

describe('node lists', () => {
  type Case = { node_id: string; allowed: string[]; not_allowed: string[]; match: boolean }
  test.each(loadCases<Case>('funding', 'node_id_match'))('$node_id', (vector) => {
    const [allowed, denied] = [vector.allowed, vector.not_allowed].map((keys) => keys.map((key) => nodeKey(key)))
    // Pool lets the allow list win when both are set; ours refuses such an order.
    const filter = nodeFilter(allowed ?? [], allowed?.length === 0 ? (denied ?? []) : [])
    expect(nodeAdmitted(filter, nodeKey(vector.node_id))).toBe(vector.match)
  })

  test('both lists are refused', () => {
    const [vector] = loadCases<Case>('funding', 'node_id_match')
    const node = nodeKey(vector?.node_id ?? '')
    expect(() => nodeFilter([node], [node])).toThrow(expect.objectContaining({ code: 'ORDER_BOTH_NODE_LISTS' }))
  })
})

describe('batch version', () => {
  type Case = {
    version: number
    account_extension: boolean
    unannounced_channels: boolean
    account_taproot_upgrade: boolean
    account_taproot_v2_upgrade: boolean
    zero_conf_channels: boolean
    is_latest: boolean
  }
  test.each(loadCases<Case>('funding', 'batch_version'))('$version', (vector) => {
    const version = batchVersion(vector.version)
    expect(supportsExpiryExtension(version)).toBe(vector.account_extension)
    expect(supportsUnannounced(version)).toBe(vector.unannounced_channels)
    expect(supportsTaprootUpgrade(version)).toBe(vector.account_taproot_upgrade)
    expect(supportsTaprootV2(version)).toBe(vector.account_taproot_v2_upgrade)
    expect(supportsZeroConf(version)).toBe(vector.zero_conf_channels)
    expect(version === LATEST_BATCH_VERSION).toBe(vector.is_latest)
  })

  test('of a node', () => {
    expect(nodeBatchVersion({ zeroConf: true, muSig2: true })).toBe(58)
    expect(nodeBatchVersion({ zeroConf: false, muSig2: true })).toBe(42)
    expect(nodeBatchVersion({ zeroConf: false, muSig2: false })).toBe(10)
  })
})
