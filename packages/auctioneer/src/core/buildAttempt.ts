import { masterAccountOutput, satPerKWeight } from '@tidepool/crypto'
import type { AccountKey, OrderNonce, SatPerKWeight } from '@tidepool/crypto'
import { constructBatch, matchAndClear } from '@tidepool/market'
import type {
  Book,
  ClearedMarket,
  ConstructContext,
  ConstructedBatch,
  MasterOutput,
  MatchContext,
  MatchingBook,
  MatchOutcome,
  StreamId,
} from '@tidepool/market'
import type { Participant, Plan } from './batchExecution.ts'
import type { Meeting } from './exclusions.ts'
import { accountInputs, signingBatch } from './signing.ts'
import { whyNoRoom } from './unconfirmedChain.ts'
import type { ChainLimits, ChainTotals } from './unconfirmedChain.ts'
import type { SigningBatch } from './signing.ts'

/** Snapshot of everything that decides what an attempt proposes. */
export interface AttemptInput {
  readonly attempt: number
  readonly book: Book | MatchingBook
  readonly match: MatchContext
  readonly construct: Omit<ConstructContext, 'feeRate' | 'heightHint' | 'sidecarRecipients'>
  readonly master: MasterOutput
  /** Our transactions that are not in a block yet: this one has to pull them along, and nodes must still relay it. */
  readonly unconfirmed: ChainTotals
  readonly chainLimits: ChainLimits
  readonly maxFeeRate: SatPerKWeight
}

export interface Attempt {
  readonly plan: Plan
  readonly batch: ConstructedBatch
  readonly market: ClearedMarket
  readonly signing: SigningBatch
}

export interface AttemptOutcome {
  /** undefined when nothing matched, or the batch has to wait. */
  readonly attempt: Attempt | undefined
  /** Why it has to wait for the next block. */
  readonly heldBack: string | undefined
  readonly resting: ReadonlyMap<OrderNonce, string>
  readonly feeRate: SatPerKWeight
}

/** Step by which the fee rate rises until the package of unconfirmed batches pays enough (matching §6.3). */
const FEE_RATE_STEP = 250n
/** Each run's reasons are stored; a bigger book asks for one order's when someone wants to know. */
const MOST_REASONS = 10_000

/** What an attempt proposes, as plain data: it may have been worked out in another thread. */
export interface ProposedBatch {
  readonly found: (Pick<Attempt, 'batch' | 'market'> & Pick<SigningBatch, 'inputs'>) | undefined
  readonly heldBack: string | undefined
  readonly resting: ReadonlyMap<OrderNonce, string>
  readonly feeRate: SatPerKWeight
}

/** Filter, match, clear, construct. Same input, same proposal. @throws BatchBuildError */
export function buildAttempt(input: AttemptInput): AttemptOutcome {
  return finishAttempt(proposeBatch(input), input)
}

/** The part of `buildAttempt` that takes time in a big book. @throws BatchBuildError */
export function proposeBatch(input: AttemptInput): ProposedBatch {
  const wanted = input.match.feeRate
  for (let rate: bigint = wanted; ; rate += FEE_RATE_STEP) {
    const feeRate = satPerKWeight(rate > input.maxFeeRate ? input.maxFeeRate : rate)
    const context = { ...input.match, feeRate }
    const { outcome, market } = matchAndClear(input.book, context)
    if (market === undefined || market.matches.length === 0) {
      return { found: undefined, heldBack: undefined, resting: recordedReasons(outcome), feeRate }
    }
    const batch = constructBatch(market, input.master, {
      ...input.construct,
      feeRate,
      heightHint: context.height,
      sidecarRecipients: context.sidecarRecipients,
    })
    if (feeRate >= input.maxFeeRate || paysForPackage(batch, input.unconfirmed, wanted)) {
      const heldBack = whyNoRoom(input.unconfirmed, batch.fees.weight, input.chainLimits)
      const found = heldBack === undefined ? { batch, market, inputs: accountInputs(batch) } : undefined
      return { found, heldBack, resting: recordedReasons(outcome), feeRate }
    }
  }
}

/** Adds who takes part and what signing needs. */
export function finishAttempt(
  { found, ...rest }: ProposedBatch,
  { attempt, master }: Pick<AttemptInput, 'attempt' | 'master'>,
): AttemptOutcome {
  if (found === undefined) return { attempt: undefined, ...rest }
  const { batch, market, inputs } = found
  const plan = planOf(attempt, batch)
  return { attempt: { plan, batch, market, signing: signingBatch(batch, master, inputs) }, ...rest }
}

/** Reasons to record: of a book far beyond a batch, those of the first so many orders. */
function recordedReasons({ unmatched }: MatchOutcome): ReadonlyMap<OrderNonce, string> {
  const reasons = new Map<OrderNonce, string>()
  for (const [nonce, reason] of unmatched) {
    if (reasons.size === MOST_REASONS) break
    reasons.set(nonce, reason)
  }
  return reasons
}

function paysForPackage(
  batch: ConstructedBatch,
  unconfirmed: AttemptInput['unconfirmed'],
  wanted: SatPerKWeight,
): boolean {
  const needed = (wanted * BigInt(batch.fees.weight + unconfirmed.weight)) / 1000n
  return unconfirmed.weight === 0 || batch.fees.minerFee + unconfirmed.fee >= needed
}

/** Who takes part on which stream, and whom each one's orders meet. */
export function planOf(attempt: number, batch: ConstructedBatch): Plan {
  const meetings = new Map<StreamId, Map<OrderNonce, Meeting>>()
  for (const stream of batch.proposals.keys()) meetings.set(stream, new Map())
  const streamOf = (key: AccountKey): StreamId | undefined => batch.accounts.get(key)?.stream.id
  for (const { match } of batch.channels) {
    const { ask, bid } = match
    const maker = streamOf(ask.order.accountKey)
    const taker = streamOf(bid.order.accountKey)
    const [own, other] = [ask.order.nodeKey, bid.order.nodeKey]
    if (maker !== undefined) meetings.get(maker)?.set(bid.order.nonce, { own, other })
    if (taker !== undefined) meetings.get(taker)?.set(ask.order.nonce, { own: other, other: own })
  }
  const participants = new Map<StreamId, Participant>()
  for (const [stream, counterparts] of meetings) participants.set(stream, { stream, counterparts })
  return { attempt, participants }
}

/** scriptPubKey of the auctioneer's own output. */
export const masterScript = (master: Pick<MasterOutput, 'key' | 'batchKey'>): Uint8Array =>
  masterAccountOutput({ auctioneerKey: master.key, batchKey: master.batchKey }).script
