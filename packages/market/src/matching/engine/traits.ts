import { effectiveChannelType } from '../../channelTypes.ts'
import type { Ask, Bid, OrderVersion } from '../../order.ts'

/**
 * What the pair rules read of an order besides keys, rate and size, packed into the low byte: asks with the same byte
 * (and tier and batch version) are of one class, bids with the same byte share a signature (matching §5.1).
 */
export const TRAITS_MASK = 0xff

const UNANNOUNCED = 1 << 2
const ZERO_CONF = 1 << 3
const TIER_1 = 1 << 4
const SELF_BALANCE = 1 << 5
const SIDECAR_SIGNATURE = 1 << 6

/** Its channels need a batch version that carries unannounced ones (F8); likewise zero-conf. */
export const NEEDS_UNANNOUNCED = 1 << 8
export const NEEDS_ZERO_CONF = 1 << 9
export const SIDECAR = 1 << 10
/** F1: archived, or too little left. */
export const INACTIVE = 1 << 11
/** Left the book; its row waits for the next merge. */
export const DEAD = 1 << 12

const CHANNEL_TYPES = { peerDependent: 0, scriptEnforced: 1, simpleTaproot: 2 } as const
const ANNOUNCEMENTS = { none: 0, onlyAnnounced: 1, onlyUnannounced: 2 } as const
const CONFIRMATIONS = { none: 0, onlyConfirmed: 1, onlyZeroConf: 2 } as const

export function askTraits(ask: Ask): number {
  const needs =
    (ask.announcement === 'onlyUnannounced' ? NEEDS_UNANNOUNCED : 0) |
    (ask.confirmation === 'onlyZeroConf' ? NEEDS_ZERO_CONF : 0)
  return (
    CHANNEL_TYPES[effectiveChannelType(ask)] |
    (ANNOUNCEMENTS[ask.announcement] << 2) |
    (CONFIRMATIONS[ask.confirmation] << 4) |
    (versionGate(ask.version) << 6) |
    needs
  )
}

/** P10 knows asks below 3, below 4, and the rest. */
const versionGate = (version: OrderVersion): number => (version < 3 ? 0 : version < 4 ? 1 : 2)

export function bidTraits(bid: Bid): number {
  const type = CHANNEL_TYPES[effectiveChannelType(bid)]
  return (
    type |
    (bid.unannounced ? UNANNOUNCED | NEEDS_UNANNOUNCED : 0) |
    (bid.zeroConf ? ZERO_CONF | NEEDS_ZERO_CONF : 0) |
    (bid.minNodeTier === 'tier0' ? 0 : TIER_1) |
    (bid.selfChannelBalance > 0n ? SELF_BALANCE : 0) |
    (bid.isSidecar ? SIDECAR_SIGNATURE | SIDECAR : 0)
  )
}
