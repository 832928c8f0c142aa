import type { lnrpc } from '@tidepool/rpc'

/** Channel types a simulated node opens; UNKNOWN is negotiated to anchors. */
export type ChannelType = 'ANCHORS' | 'SCRIPT_ENFORCED_LEASE' | 'SIMPLE_TAPROOT'

export interface TypeFacts {
  /** Weight of a commitment with outputs of both sides. */
  readonly feeWeight: number
  /** What lnd shows while one side has no output. */
  readonly oneSidedWeight: number
  readonly twoSidedWeight: number
  /** Version byte of its static channel backup. */
  readonly backupVersion: number
}

const COMMIT_FEE_RATE = 2500n
export const ANCHOR_SAT = 330n

/** Recorded from lnd 0.20.1 at its commitment fee cap of 10 sat/vB. */
export const TYPE_FACTS: Record<ChannelType, TypeFacts> = {
  ANCHORS: { feeWeight: 1124, oneSidedWeight: 772, twoSidedWeight: 1116, backupVersion: 3 },
  SCRIPT_ENFORCED_LEASE: { feeWeight: 1124, oneSidedWeight: 772, twoSidedWeight: 1116, backupVersion: 4 },
  SIMPLE_TAPROOT: { feeWeight: 968, oneSidedWeight: 614, twoSidedWeight: 958, backupVersion: 5 },
}

export const commitFeeRate = COMMIT_FEE_RATE
export const commitFee = (type: ChannelType): bigint => (BigInt(TYPE_FACTS[type].feeWeight) * COMMIT_FEE_RATE) / 1000n

/** The type a request leads to; undefined when it is not simulated. */
export function channelTypeOf(type: lnrpc.OpenChannelRequest['commitmentType']): ChannelType | undefined {
  switch (type) {
    case 'UNKNOWN_COMMITMENT_TYPE':
    case 'ANCHORS':
      return 'ANCHORS'
    case 'SCRIPT_ENFORCED_LEASE':
    case 'SIMPLE_TAPROOT':
      return type
    default:
      return undefined
  }
}
