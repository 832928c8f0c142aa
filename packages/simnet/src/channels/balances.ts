import type { Channel } from './channel.ts'
import { ANCHOR_SAT, commitFee, TYPE_FACTS } from './channelType.ts'

export interface Balances {
  readonly local: bigint
  readonly remote: bigint
}

/** The opener pays commitment fee and both anchors out of its side. */
export function balancesOf(channel: Channel): Balances {
  const opener = channel.capacity - channel.push - commitFee(channel.type) - 2n * ANCHOR_SAT
  return channel.initiator ? { local: opener, remote: channel.push } : { local: channel.push, remote: opener }
}

export interface CommitmentFacts {
  readonly fee: bigint
  readonly weight: bigint
}

/** What PendingChannels shows. */
export function pendingCommitment(channel: Channel): CommitmentFacts {
  return { fee: commitFee(channel.type), weight: weightOf(channel) }
}

/** What ListChannels shows: the missing anchor of a side without balance counts as fee. */
export function openCommitment(channel: Channel): CommitmentFacts {
  const fee = commitFee(channel.type) + (channel.push === 0n ? ANCHOR_SAT : 0n)
  return { fee, weight: weightOf(channel) }
}

function weightOf(channel: Channel): bigint {
  const facts = TYPE_FACTS[channel.type]
  return BigInt(channel.push === 0n ? facts.oneSidedWeight : facts.twoSidedWeight)
}

/** lnd scales the delay with the capacity, 144 to 2016 blocks. */
export function csvDelay(capacity: bigint): number {
  const scaled = Number((2016n * capacity) / 1_000_000_000n)
  return Math.min(Math.max(scaled, 144), 2016)
}
