import type { NodeKey } from '@tidepool/crypto'
import { nodePair } from '@tidepool/market'
import type { NodePair, StreamId } from '@tidepool/market'
import type { Failure } from './exclusions.ts'

/** What past runs teach the next ones. Lives in memory: a restart forgives. */
export interface ConflictMemory {
  /** Pairs kept apart, and for how many more runs. */
  readonly pairs: ReadonlyMap<NodePair, number>
  /** Streams left out until they are gone; a new subscription is a new stream. */
  readonly streams: ReadonlySet<StreamId>
}

export const NO_CONFLICTS: ConflictMemory = { pairs: new Map(), streams: new Set() }

/**
 * Remembers a run's failures: failed fundings for `cooldown` runs, a version mismatch for the life of the stream. A
 * funding that failed because the other side was gone blames nobody.
 */
export function rememberRun(
  before: ConflictMemory,
  failures: readonly Failure[],
  cooldown: number,
  nodesOf: (stream: StreamId) => readonly NodeKey[],
): ConflictMemory {
  const pairs = new Map<NodePair, number>()
  for (const [pair, runs] of before.pairs) if (runs > 1) pairs.set(pair, runs - 1)
  const streams = new Set(before.streams)
  const gone = goneNodes(failures, nodesOf)
  const blame = (own: NodeKey, other: NodeKey): void => {
    if (cooldown > 0 && !gone.has(own) && !gone.has(other)) pairs.set(nodePair(own, other), cooldown)
  }
  for (const failure of failures) {
    if (failure.kind === 'partialReject') {
      for (const pair of failure.pairs) if (pair.code === 'channelFundingFailed') blame(pair.own, pair.other)
    }
    if (failure.kind === 'channelInfoMissing' || failure.kind === 'channelInfoMismatch') {
      blame(failure.pair.own, failure.pair.other)
    }
    if (failure.kind === 'fullReject' && failure.code === 'batchVersionMismatch') streams.add(failure.stream)
  }
  return { pairs, streams }
}

function goneNodes(
  failures: readonly Failure[],
  nodesOf: (stream: StreamId) => readonly NodeKey[],
): ReadonlySet<NodeKey> {
  const gone = failures.filter(({ kind }) => kind === 'streamLost' || kind === 'silent')
  return new Set(gone.flatMap((failure) => ('stream' in failure ? nodesOf(failure.stream) : [])))
}
