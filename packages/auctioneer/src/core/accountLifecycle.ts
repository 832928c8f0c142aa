import { InvalidTransition } from '@tidepool/market'
import type { Transition } from '@tidepool/market'
import type { AccountState, PendingVia } from './account.ts'

export type AccountEvent =
  /** The current output is deep enough; `expired` when the tip has reached the expiry meanwhile. */
  | { readonly kind: 'confirmed'; readonly expired: boolean }
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
  /** We signed a modification of the account. */
  | { readonly kind: 'modified' }
  /** A confirmed transaction that is not ours spent the current output. */
  | { readonly kind: 'spent'; readonly how: 'expiry' | 'cooperative' | 'unknown'; readonly recreated: boolean }
  /** The batch that used the account up is confirmed. */
  | { readonly kind: 'batchConfirmed' }

export type AccountAction =
  | { readonly kind: 'watchConfirmation' }
  | { readonly kind: 'watchSpend' }
  | { readonly kind: 'stopWatching' }
  /** Take the account out of a batch under execution and cancel its orders. */
  | { readonly kind: 'withdrawOrders' }
  | { readonly kind: 'alertOperator'; readonly reason: string }

type Step = Transition<AccountState, AccountAction>

const WATCH_BOTH: readonly AccountAction[] = [{ kind: 'watchConfirmation' }, { kind: 'watchSpend' }]

/** Account life cycle of the auctioneer. @throws InvalidTransition */
export function stepAccount(state: AccountState, event: AccountEvent): Step {
  if (event.kind === 'spent') return spent(state, event)
  switch (state.kind) {
    case 'pendingOpen':
      return pendingOpen(state, event)
    case 'open':
      return open(state, event)
    case 'expired':
      return expired(state, event)
    case 'pendingBatch':
      return pendingBatch(state, event)
    case 'pendingUpdate':
    case 'expiredPendingUpdate':
      return pendingUpdate(state, event)
    case 'pendingClosed':
      if (event.kind === 'batchConfirmed') return to({ kind: 'closed', by: 'batch' }, [{ kind: 'stopWatching' }])
      return event.kind === 'expiryReached' || event.kind === 'finalizeDelivered' || event.kind === 'finalizeDoubtful'
        ? to(state)
        : refuse(state, event)
    case 'closed':
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
    case 'pendingClosed':
      return [{ kind: 'watchSpend' }]
    case 'closed':
      return []
  }
}

function pendingOpen(state: AccountState, event: AccountEvent): Step {
  switch (event.kind) {
    case 'confirmed':
      return to({ kind: event.expired ? 'expired' : 'open', via: 'funding' })
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
      return to({ kind: 'pendingUpdate' }, WATCH_BOTH)
    case 'finalizeDelivered':
    case 'finalizeDoubtful':
      return to(state)
    default:
      return refuse(state, event)
  }
}

function expired(state: AccountState & { kind: 'expired' }, event: AccountEvent): Step {
  switch (event.kind) {
    case 'confirmed':
    case 'expiryReached':
    case 'finalizeDelivered':
    case 'finalizeDoubtful':
      return to(state)
    case 'reorged':
      return to(state.via === 'funding' ? { kind: 'pendingOpen' } : { kind: 'expiredPendingUpdate', via: state.via })
    case 'modified':
      return to({ kind: 'pendingUpdate' }, WATCH_BOTH)
    default:
      return refuse(state, event)
  }
}

function pendingBatch(state: AccountState & { kind: 'pendingBatch' }, event: AccountEvent): Step {
  switch (event.kind) {
    case 'confirmed':
      return to({ kind: event.expired ? 'expired' : 'open', via: 'batch' })
    case 'reorged':
      return to(state)
    case 'expiryReached':
      return to({ kind: 'expiredPendingUpdate', via: 'batch' })
    case 'batched':
      return batched(event.recreated)
    case 'finalizeDelivered':
      return to({ kind: 'pendingBatch', finalizeDelivered: true })
    case 'finalizeDoubtful':
      return to({ kind: 'pendingBatch', finalizeDelivered: false })
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
      return to({ kind: state.kind === 'expiredPendingUpdate' || event.expired ? 'expired' : 'open', via })
    case 'expiryReached':
      return to({ kind: 'expiredPendingUpdate', via })
    case 'reorged':
    case 'finalizeDelivered':
    case 'finalizeDoubtful':
      return to(state)
    default:
      return refuse(state, event)
  }
}

/** Expiry spends need no consent; a cooperative one that recreates the output is a modification we signed. */
function spent(state: AccountState, event: AccountEvent & { kind: 'spent' }): Step {
  if (state.kind === 'closed') return refuse(state, event)
  if (event.how === 'unknown') return to(state, [alert('account spent by a witness of unknown shape')])
  if (event.how === 'cooperative' && event.recreated) return to({ kind: 'pendingUpdate' }, WATCH_BOTH)
  return to({ kind: 'closed', by: event.how }, [{ kind: 'stopWatching' }, { kind: 'withdrawOrders' }])
}

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
