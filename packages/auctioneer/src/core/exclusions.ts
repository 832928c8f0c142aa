import type { AccountKey, NodeKey, OrderNonce, OutPointText } from '@tidepool/crypto'
import { nodePair } from '@tidepool/market'
import type { NodePair, StreamId } from '@tidepool/market'

/** Partial rejects one trader may send in one run; the next one excludes it (Pool auctioneer.proto: "limited"). */
export const MAX_PARTIAL_REJECTS = 3

/** Two nodes that shall not meet again in this run. */
export interface Meeting {
  readonly own: NodeKey
  readonly other: NodeKey
}

export type PartialCode = 'duplicatePeer' | 'channelFundingFailed'

/** Why an attempt could not go on. Each is recorded with the attempt. */
export type Failure =
  /** The trader refused some matches. */
  | {
      readonly kind: 'partialReject'
      readonly stream: StreamId
      readonly pairs: readonly (Meeting & { readonly code: PartialCode; readonly reason: string })[]
    }
  /** The trader refused the whole batch. */
  | {
      readonly kind: 'fullReject'
      readonly stream: StreamId
      readonly code: 'unknown' | 'serverMisbehavior' | 'batchVersionMismatch' | 'emptyPartialReject'
      readonly reason: string
    }
  /** No answer within the time of the step. */
  | { readonly kind: 'silent'; readonly stream: StreamId; readonly step: 'prepare' | 'sign' }
  /** The stream ended. */
  | { readonly kind: 'streamLost'; readonly stream: StreamId }
  /** An account signature is missing or invalid, or its check failed. */
  | {
      readonly kind: 'badSignature'
      readonly stream: StreamId
      readonly accountKey: AccountKey
      readonly reason: 'missing' | 'invalid' | 'badNonce' | 'unchecked'
    }
  /** A channel info is missing: its funding failed on that side. */
  | {
      readonly kind: 'channelInfoMissing'
      readonly stream: StreamId
      readonly pair: Meeting
      readonly channel: OutPointText
    }
  /** Both infos came and contradict each other or the orders. */
  | {
      readonly kind: 'channelInfoMismatch'
      readonly stream: StreamId
      readonly pair: Meeting
      readonly channel: OutPointText
      readonly what: string
    }
  /** An order left the book or an account left the market while they were in the proposal. */
  | { readonly kind: 'bookChanged'; readonly reason: string }

/** What this run shall not try again. Only ever grows within a run, so a run ends. */
export interface Exclusions {
  readonly pairs: ReadonlySet<NodePair>
  readonly streams: ReadonlyMap<StreamId, Failure['kind']>
  readonly partialRejects: ReadonlyMap<StreamId, number>
}

export const NO_EXCLUSIONS: Exclusions = { pairs: new Set(), streams: new Map(), partialRejects: new Map() }

/** Exclusions after an attempt's failures: pairs for partial rejects, traders for everything that is their own. */
export function exclude(before: Exclusions, failures: readonly Failure[]): Exclusions {
  const pairs = new Set(before.pairs)
  const streams = new Map(before.streams)
  const partialRejects = new Map(before.partialRejects)
  for (const failure of failures) {
    switch (failure.kind) {
      case 'partialReject': {
        for (const pair of failure.pairs) pairs.add(nodePair(pair.own, pair.other))
        const count = (partialRejects.get(failure.stream) ?? 0) + 1
        partialRejects.set(failure.stream, count)
        if (count > MAX_PARTIAL_REJECTS) streams.set(failure.stream, failure.kind)
        break
      }
      case 'channelInfoMissing':
      case 'channelInfoMismatch':
        pairs.add(nodePair(failure.pair.own, failure.pair.other))
        break
      case 'fullReject':
      case 'silent':
      case 'streamLost':
      case 'badSignature':
        streams.set(failure.stream, failure.kind)
        break
      case 'bookChanged':
        break
    }
  }
  return { pairs, streams, partialRejects }
}

/** What a participant's rejected nonces mean; nonces that were not in its matches are ignored. */
export function rejectedPairs(
  counterparts: ReadonlyMap<OrderNonce, Meeting>,
  rejected: ReadonlyMap<OrderNonce, { readonly reason: string; readonly code: PartialCode }>,
): readonly (Meeting & { readonly code: PartialCode; readonly reason: string })[] {
  const pairs = []
  for (const [nonce, { reason, code }] of rejected) {
    const pair = counterparts.get(nonce)
    if (pair !== undefined) pairs.push({ ...pair, code, reason })
  }
  return pairs
}
