import type { BatchId, Txid } from '@tidepool/crypto'
import { InvalidTransition, transition } from '@tidepool/market'
import type { BatchReject, SignReply, SignRequest, Transition } from '@tidepool/market'
import type { StagedBatch, VerifiedBatch } from './batch.ts'

/**
 * idle: no batch of ours. prepared: a proposal is verified, peers are being connected and shims registered. accepted:
 * the auctioneer knows that we take it. signing: channels are being opened and inputs signed. signed: staged durably,
 * our signatures are out. Only `signed` survives a restart.
 */
export type BatchState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'prepared'; readonly batch: VerifiedBatch }
  | { readonly kind: 'accepted'; readonly batch: VerifiedBatch }
  | { readonly kind: 'signing'; readonly batch: VerifiedBatch }
  | { readonly kind: 'signed'; readonly staged: StagedBatch }

/** How the auctioneer answers for a staged batch: final with our transaction, final with another, or not final. */
export type StagedFate = 'final' | 'replaced' | 'unknown'

/**
 * proposed, refused: a Prepare came and passed or failed our checks. fundingReady, fundingFailed: outcome of
 * preparing channels. signBegin: the auctioneer wants signatures. signed, signFailed: outcome of opening and signing.
 * finalized: Finalize came. resolved: the auctioneer told what became of the staged batch. confirmed: the chain shows
 * its transaction. disconnected: the stream is gone.
 */
export type BatchEvent =
  | { readonly kind: 'proposed'; readonly batch: VerifiedBatch }
  | { readonly kind: 'refused'; readonly reject: BatchReject }
  | { readonly kind: 'fundingReady' }
  | { readonly kind: 'fundingFailed'; readonly reject: BatchReject }
  | { readonly kind: 'signBegin'; readonly request: SignRequest }
  | { readonly kind: 'signed'; readonly reply: SignReply; readonly staged: StagedBatch }
  | { readonly kind: 'signFailed'; readonly reject: BatchReject }
  | { readonly kind: 'finalized'; readonly batchId: BatchId; readonly txid: Txid }
  | { readonly kind: 'resolved'; readonly fate: StagedFate }
  | { readonly kind: 'confirmed'; readonly txid: Txid }
  | { readonly kind: 'disconnected' }

/**
 * prepareFunding: peers, shims, acceptor. sendAccept, sendReject, sendSign: answers on the stream. openAndSign: open or
 * await channels, check them, sign. applied: the staged batch became live in the same commit. cleanUp: undo what lnd
 * knows of a proposal. askFate: ask the auctioneer for the staged batch.
 */
export type BatchAction =
  | { readonly kind: 'prepareFunding'; readonly batch: VerifiedBatch }
  | { readonly kind: 'sendAccept'; readonly batch: VerifiedBatch }
  | { readonly kind: 'sendReject'; readonly reject: BatchReject }
  | { readonly kind: 'openAndSign'; readonly batch: VerifiedBatch; readonly request: SignRequest }
  | { readonly kind: 'sendSign'; readonly reply: SignReply }
  | { readonly kind: 'applied'; readonly staged: StagedBatch }
  | { readonly kind: 'cleanUp'; readonly txid: Txid }
  | { readonly kind: 'askFate'; readonly staged: StagedBatch }

type Step = Transition<BatchState, BatchAction>

const IDLE: BatchState = { kind: 'idle' }

/** What to do after a restart or a reconnect. */
export function resume(state: BatchState): readonly BatchAction[] {
  switch (state.kind) {
    case 'idle':
      return []
    case 'prepared':
    case 'accepted':
    case 'signing':
      return [{ kind: 'cleanUp', txid: state.batch.result.txid }]
    case 'signed':
      return [{ kind: 'askFate', staged: state.staged }]
    default:
      return never(state)
  }
}

/** Next state of the batch session and what to do about it. @throws InvalidTransition */
export function step(state: BatchState, event: BatchEvent): Step {
  switch (event.kind) {
    case 'proposed':
      return transition<BatchState, BatchAction>({ kind: 'prepared', batch: event.batch }, ...dropped(state), {
        kind: 'prepareFunding',
        batch: event.batch,
      })
    case 'refused':
      return transition<BatchState, BatchAction>(IDLE, ...dropped(state), { kind: 'sendReject', reject: event.reject })
    case 'fundingReady':
      if (state.kind !== 'prepared') throw unexpected(state, event)
      return transition<BatchState, BatchAction>(
        { kind: 'accepted', batch: state.batch },
        { kind: 'sendAccept', batch: state.batch },
      )
    case 'fundingFailed':
      if (state.kind !== 'prepared') throw unexpected(state, event)
      return givenUp(state, event.reject)
    case 'signBegin':
      if (state.kind !== 'accepted' || event.request.batchId !== idOf(state)) throw unexpected(state, event)
      return transition<BatchState, BatchAction>(
        { kind: 'signing', batch: state.batch },
        { kind: 'openAndSign', batch: state.batch, request: event.request },
      )
    case 'signed':
      if (state.kind !== 'signing') throw unexpected(state, event)
      return transition<BatchState, BatchAction>(
        { kind: 'signed', staged: event.staged },
        { kind: 'sendSign', reply: event.reply },
      )
    case 'signFailed':
      if (state.kind !== 'signing') throw unexpected(state, event)
      return givenUp(state, event.reject)
    default:
      return ending(state, event)
  }
}

function ending(
  state: BatchState,
  event: BatchEvent & { kind: 'finalized' | 'resolved' | 'confirmed' | 'disconnected' },
): Step {
  if (event.kind === 'disconnected') {
    return state.kind === 'signed' ? transition<BatchState, BatchAction>(state) : transition(IDLE, ...dropped(state))
  }
  if (state.kind !== 'signed') throw unexpected(state, event)
  const { staged } = state
  switch (event.kind) {
    case 'finalized':
      if (event.batchId !== staged.record.batchId || event.txid !== staged.record.txid) throw unexpected(state, event)
      return live(staged)
    case 'confirmed':
      if (event.txid !== staged.record.txid) throw unexpected(state, event)
      return live(staged)
    case 'resolved':
      if (event.fate === 'final') return live(staged)
      return event.fate === 'replaced'
        ? transition<BatchState, BatchAction>(IDLE, ...dropped(state))
        : transition<BatchState, BatchAction>(state)
    default:
      return never(event)
  }
}

const live = (staged: StagedBatch): Step => transition<BatchState, BatchAction>(IDLE, { kind: 'applied', staged })

/** Answer first: the auctioneer can go on while we tidy up. */
function givenUp(state: BatchState, reject: BatchReject): Step {
  return transition<BatchState, BatchAction>(IDLE, { kind: 'sendReject', reject }, ...dropped(state))
}

/** Clean-up of a proposal that will not come to anything. */
function dropped(state: BatchState): readonly BatchAction[] {
  switch (state.kind) {
    case 'idle':
      return []
    case 'signed':
      return [{ kind: 'cleanUp', txid: state.staged.record.txid }]
    default:
      return [{ kind: 'cleanUp', txid: state.batch.result.txid }]
  }
}

const idOf = (state: BatchState & { batch: VerifiedBatch }): BatchId => state.batch.result.batchId

function unexpected(state: BatchState, event: BatchEvent): InvalidTransition {
  return new InvalidTransition('batch', state.kind, event.kind)
}

function never(value: never): never {
  throw new Error(`not a state or event: ${JSON.stringify(value)}`)
}
