import { InvalidTransition } from '@tidepool/market'
import type { Transition } from '@tidepool/market'
import type { AccountState, PendingVia } from './account.ts'

export type AccountEvent =
  /**
   * The current output is deep enough; `expired` when the tip has reached the expiry meanwhile, `signed` when a change
   * of this output was signed before its block left the chain and came back.
   */
  | { readonly kind: 'confirmed'; readonly expired: boolean; readonly signed: boolean }
  /** The confirmed transaction does not hold the output that InitAccount named. */
  | { readonly kind: 'fundingMismatch' }
  /** The block with the current output left the chain. */
  | { readonly kind: 'reorged' }
  /** The tip reached the account's expiry. */
  | { readonly kind: 'expiryReached' }
  /** A batch with this account was made durable. */
  | { readonly kind: 'batched'; readonly recreated: boolean }
  /** The trader's stream took the Finalize of the newest batch. */
  | { readonly kind: 'finalizeDelivered' }
  /** The stream broke so soon after Finalize that the trader may have missed it. */
  | { readonly kind: 'finalizeDoubtful' }
  /** A change of the account is durable and about to be signed. */
  | { readonly kind: 'modified' }
  /** None of the changes made durable was signed after all. */
  | { readonly kind: 'withheld' }
  /** A confirmed transaction that is no batch of ours spent the current output; `recreated` when it has a next one. */
  | { readonly kind: 'spent'; readonly how: 'expiry' | 'cooperative' | 'unknown'; readonly recreated: boolean }
  /** The block of the spend that led here left the chain: the account is what it was before. */
  | { readonly kind: 'spendUndone'; readonly before: AccountState }
  /** The batch that used the account up is confirmed. */
  | { readonly kind: 'batchConfirmed' }

export type AccountAction =
  | { readonly kind: 'watchConfirmation' }
  | { readonly kind: 'watchSpend' }
  /** Watch whether the spend that led here stays in the chain. */
  | { readonly kind: 'watchUndo' }
  | { readonly kind: 'stopWatching' }
  /** Take the account out of a batch under execution and cancel its orders. */
  | { readonly kind: 'withdrawOrders' }
  | { readonly kind: 'alertOperator'; readonly reason: string }

type Step = Transition<AccountState, AccountAction>

const WATCH_BOTH: readonly AccountAction[] = [{ kind: 'watchConfirmation' }, { kind: 'watchSpend' }]

/** Account life cycle of the auctioneer. @throws InvalidTransition */
export function stepAccount(state: AccountState, event: AccountEvent): Step {
  if (event.kind === 'spent') return spent(state, event)
  if (event.kind === 'spendUndone') return undone(state, event)
  if (event.kind === 'finalizeDelivered' || event.kind === 'finalizeDoubtful') return finalized(state, event)
  switch (state.kind) {
    case 'pendingOpen':
      return pendingOpen(state, event)
    case 'open':
      return open(state, event)
    case 'expired':
      return expired(state, event)
    case 'changeSigned':
      return changeSigned(state, event)
    case 'pendingBatch':
      return pendingBatch(state, event)
    case 'pendingUpdate':
    case 'expiredPendingUpdate':
      return pendingUpdate(state, event)
    case 'pendingClosed':
      if (event.kind === 'batchConfirmed') return to({ kind: 'closed', by: 'batch' }, [{ kind: 'stopWatching' }])
      return event.kind === 'expiryReached' ? to(state) : refuse(state, event)
    case 'closed':
      // Both may come together, and in any order, when blocks are caught up with.
      if (event.kind === 'expiryReached') return to(state)
      return event.kind === 'reorged'
        ? to(state, [alert('spend of a closed account left the chain')])
        : refuse(state, event)
  }
}

/** What to do again after a restart. */
export function resumeAccount(state: AccountState): readonly AccountAction[] {
  switch (state.kind) {
    case 'pendingOpen':
    case 'pendingBatch':
    case 'pendingUpdate':
    case 'expiredPendingUpdate':
      return WATCH_BOTH
    case 'open':
    case 'expired':
    case 'changeSigned':
    case 'pendingClosed':
      return [{ kind: 'watchSpend' }]
    case 'closed':
      return [{ kind: 'watchUndo' }]
  }
}

function pendingOpen(state: AccountState, event: AccountEvent): Step {
  switch (event.kind) {
    case 'confirmed':
      return to(settled(event, 'funding'))
    case 'fundingMismatch':
      return to({ kind: 'closed', by: 'mismatch' }, [
        { kind: 'stopWatching' },
        alert('funding differs from InitAccount'),
      ])
    case 'reorged':
    case 'expiryReached':
      return to(state)
    default:
      return refuse(state, event)
  }
}

function open(state: AccountState & { kind: 'open' }, event: AccountEvent): Step {
  switch (event.kind) {
    case 'confirmed':
      return to(state)
    case 'reorged':
      return to(pendingAgain(state.via))
    case 'expiryReached':
      return to({ kind: 'expired', via: state.via })
    case 'batched':
      return batched(event.recreated)
    case 'modified':
      return to({ kind: 'changeSigned', base: 'open', via: state.via })
    default:
      return refuse(state, event)
  }
}

function expired(state: AccountState & { kind: 'expired' }, event: AccountEvent): Step {
  switch (event.kind) {
    case 'confirmed':
    case 'expiryReached':
      return to(state)
    case 'reorged':
      return to(pendingExpired(state.via))
    case 'modified':
      return to({ kind: 'changeSigned', base: 'expired', via: state.via })
    default:
      return refuse(state, event)
  }
}

/** A change may confirm at any time, so the account trades no more until one does; another change may be signed. */
function changeSigned(state: AccountState & { kind: 'changeSigned' }, event: AccountEvent): Step {
  switch (event.kind) {
    case 'confirmed':
    case 'modified':
      return to(state)
    case 'withheld':
      return to({ kind: state.base, via: state.via })
    case 'expiryReached':
      return to({ ...state, base: 'expired' })
    case 'reorged':
      return to(state.base === 'expired' ? pendingExpired(state.via) : pendingAgain(state.via))
    default:
      return refuse(state, event)
  }
}

function pendingBatch(state: AccountState & { kind: 'pendingBatch' }, event: AccountEvent): Step {
  switch (event.kind) {
    case 'confirmed':
      return to(settled(event, 'batch'))
    case 'reorged':
      return to(state)
    case 'expiryReached':
      return to({ kind: 'expiredPendingUpdate', via: 'batch' })
    case 'batched':
      return batched(event.recreated)
    default:
      return refuse(state, event)
  }
}

function pendingUpdate(
  state: AccountState & { kind: 'pendingUpdate' | 'expiredPendingUpdate' },
  event: AccountEvent,
): Step {
  const via: PendingVia = state.kind === 'pendingUpdate' ? 'update' : state.via
  switch (event.kind) {
    case 'confirmed':
      return to(settled({ ...event, expired: state.kind === 'expiredPendingUpdate' || event.expired }, via))
    case 'expiryReached':
      return to({ kind: 'expiredPendingUpdate', via })
    case 'reorged':
      return to(state)
    default:
      return refuse(state, event)
  }
}

/** Of every account of a stream at its end: those that wait for no batch, or have moved on, are not concerned. */
function finalized(
  state: AccountState,
  event: AccountEvent & { kind: 'finalizeDelivered' | 'finalizeDoubtful' },
): Step {
  if (state.kind !== 'pendingBatch') return to(state)
  return to({ kind: 'pendingBatch', finalizeDelivered: event.kind === 'finalizeDelivered' })
}

/** Expiry spends need no consent; a cooperative one that recreates the output is a change we signed. */
function spent(state: AccountState, event: AccountEvent & { kind: 'spent' }): Step {
  if (state.kind === 'closed') return refuse(state, event)
  if (event.how === 'cooperative' && event.recreated) return to({ kind: 'pendingUpdate' }, WATCH_BOTH)
  const odd = event.how === 'unknown' ? [alert('account spent by a witness of unknown shape')] : []
  return to({ kind: 'closed', by: event.how }, [{ kind: 'watchUndo' }, { kind: 'withdrawOrders' }, ...odd])
}

/** A batch built on what is undone cannot confirm as it is. */
function undone(state: AccountState, event: AccountEvent & { kind: 'spendUndone' }): Step {
  if (state.kind === 'pendingBatch' || state.kind === 'pendingClosed') {
    return to(state, [alert('a change under an unconfirmed batch left the chain')])
  }
  return to(event.before, WATCH_BOTH)
}

function settled(event: { readonly expired: boolean; readonly signed: boolean }, via: PendingVia): AccountState {
  const base = event.expired ? 'expired' : 'open'
  return event.signed ? { kind: 'changeSigned', base, via } : { kind: base, via }
}

const pendingExpired = (via: PendingVia): AccountState =>
  via === 'funding' ? { kind: 'pendingOpen' } : { kind: 'expiredPendingUpdate', via }

function batched(recreated: boolean): Step {
  return recreated
    ? to({ kind: 'pendingBatch', finalizeDelivered: false }, WATCH_BOTH)
    : to({ kind: 'pendingClosed' }, [{ kind: 'watchSpend' }])
}

function pendingAgain(via: PendingVia): AccountState {
  if (via === 'funding') return { kind: 'pendingOpen' }
  return via === 'batch' ? { kind: 'pendingBatch', finalizeDelivered: true } : { kind: 'pendingUpdate' }
}

const to = (state: AccountState, actions: readonly AccountAction[] = []): Step => ({ state, actions })
const alert = (reason: string): AccountAction => ({ kind: 'alertOperator', reason })

function refuse(state: AccountState, event: AccountEvent): never {
  throw new InvalidTransition('account', state.kind, event.kind)
}
