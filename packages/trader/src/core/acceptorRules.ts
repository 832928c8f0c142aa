import { equalBytes } from '@tidepool/crypto'
import type { NodeKey, Satoshi } from '@tidepool/crypto'
import type { LeasedChannel } from './channelShim.ts'

/** Commitment type of an incoming channel, as lnd reports it; `unknown` when it was not negotiated explicitly. */
export type OfferedCommitment = 'unknown' | 'anchors' | 'scriptEnforcedLease' | 'simpleTaproot' | 'other'

/** An incoming channel lnd asks about. */
export interface ChannelQuestion {
  readonly pendingChannelId: Uint8Array
  readonly peer: NodeKey
  readonly fundingAmount: bigint
  readonly pushMsat: bigint
  readonly commitment: OfferedCommitment
  readonly announced: boolean
  readonly wantsZeroConf: boolean
}

export type ChannelAnswer =
  | { readonly accept: true; readonly zeroConf: boolean }
  | { readonly accept: false; readonly reason: string }

/**
 * Whether an incoming channel is the one agreed in a batch. `expected` is undefined for channels that are not ours to
 * judge: accepted as they are. lnd compares neither amount nor peer with the shim (spec lnd §11.2), so we do.
 * Pool channel_acceptor.go
 */
export function judgeChannel(question: ChannelQuestion, expected: LeasedChannel | undefined): ChannelAnswer {
  if (expected === undefined) return { accept: true, zeroConf: false }
  const reason = mismatch(question, expected)
  return reason === undefined ? { accept: true, zeroConf: expected.zeroConf } : { accept: false, reason }
}

function mismatch(question: ChannelQuestion, expected: LeasedChannel): string | undefined {
  if (!equalBytes(question.pendingChannelId, expected.shim.pendingChannelId)) return 'unexpected pending channel id'
  if (question.pushMsat !== inMsat(expected.push)) return `invalid push amount ${question.pushMsat}`
  const type = typeMismatch(question.commitment, expected)
  if (type !== undefined) return type
  if (question.announced === expected.unannounced) return announcement(expected.unannounced)
  if (expected.zeroConf && !question.wantsZeroConf) return 'expected zero conf channel'
  if (!expected.zeroConf && question.wantsZeroConf) return 'unexpected zero conf channel'
  if (question.fundingAmount !== expected.shim.capacity) return `invalid funding amount ${question.fundingAmount}`
  return question.peer === expected.peer ? undefined : 'unexpected peer'
}

function typeMismatch(offered: OfferedCommitment, expected: LeasedChannel): string | undefined {
  const wanted = expected.commitment
  if (wanted === 'unspecified' || offered === wanted) return undefined
  if (offered === 'unknown') return 'expected explicit channel negotiation'
  return wanted === 'scriptEnforcedLease'
    ? 'expected script enforced channel lease commitment type'
    : 'expected simple taproot channel commitment type'
}

function announcement(unannounced: boolean): string {
  const [wanted, got] = unannounced ? ['an unannounced', 'announced'] : ['an announced', 'unannounced']
  return `expected ${wanted} channel but received an ${got} one`
}

const inMsat = (amount: Satoshi): bigint => amount * 1000n
