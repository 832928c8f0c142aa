import { fromHex, satPerKWeight } from '@tidepool/crypto'
import type { Handlers, tidepool } from '@tidepool/rpc'
import { whyNoRoom, packageRate } from '../../core/unconfirmedChain.ts'
import type { Auctioneer } from '../../app/auctioneer.ts'
import type { AuctionProgress } from '../../app/batchExecutor.ts'
import { attemptToWire, runToWire } from './adminViews.ts'

type BatchHandlers = Pick<Handlers<tidepool.Admin_Service>, 'followAuctions' | 'bumpBatches'>

/** Moves that a slow watcher may be behind; then the oldest are lost. */
const MOST_MOVES = 10_000

/** The operator's calls about batches that are being made or wait for a block. */
export function batchAdmin(auctioneer: Auctioneer): BatchHandlers {
  return {
    followAuctions: (_request, context) => movesOf(auctioneer, context.signal),
    bumpBatches: async ({ feeRateSatPerKw }) => {
      const rate = feeRateSatPerKw === 0n ? undefined : satPerKWeight(feeRateSatPerKw)
      const { bump, problem } = await auctioneer.feeBumps.bump(rate)
      return { txid: bump.txid, feeSat: bump.fee, unconfirmed: chainToWire(auctioneer), problem: problem ?? '' }
    },
  }
}

/** What waits for a block, and whether a batch may join it. */
export function chainToWire({ feeBumps, publisher, options }: Auctioneer): tidepool.UnconfirmedChainInit {
  const { chain } = feeBumps
  const { chainLimits } = options
  return {
    numTransactions: chain.transactions,
    virtualSize: BigInt(chain.virtualSize),
    feeSat: chain.fee,
    feeRateSatPerKw: packageRate(chain),
    maxTransactions: chainLimits.transactions,
    maxVirtualSize: BigInt(chainLimits.virtualSize),
    problem: publisher.refusal ?? whyNoRoom(chain, 0, chainLimits) ?? '',
  }
}

async function* movesOf({ executor }: Auctioneer, signal: AbortSignal): AsyncIterable<tidepool.AuctionProgressInit> {
  const moves: AuctionProgress[] = [executor.progress]
  let wake = (): void => undefined
  const stop = executor.onProgress((move) => {
    if (moves.length === MOST_MOVES) moves.shift()
    moves.push(move)
    wake()
  })
  const over = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  try {
    while (!signal.aborted) {
      const move = moves.shift()
      if (move !== undefined) yield moveToWire(move)
      else await Promise.race([over, new Promise<void>((resolve) => (wake = resolve))])
    }
  } finally {
    stop()
  }
}

const moveToWire = (move: AuctionProgress): tidepool.AuctionProgressInit => ({
  auctionState: move.state,
  atNs: move.atNs,
  ...(move.batchId !== undefined && { batchId: fromHex(move.batchId) }),
  attempt: move.attempt,
  numMatches: move.proposal?.market.matches.length ?? 0,
  feeRateSatPerKw: move.proposal?.batch.feeRate ?? 0n,
  numStreams: move.proposal?.plan.participants.size ?? 0,
  txid: move.proposal?.batch.txid ?? '',
  numWaiting: move.waiting,
  ...(move.endedAttempt !== undefined && { endedAttempt: attemptToWire(move.endedAttempt) }),
  ...(move.endedRun !== undefined && { endedRun: runToWire(move.endedRun) }),
})
