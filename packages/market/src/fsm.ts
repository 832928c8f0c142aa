import { ClmError } from '@tidepool/crypto'

/** What one step of a state machine yields: persist `state` first, then perform `actions`. */
export interface Transition<S, A> {
  readonly state: S
  readonly actions: readonly A[]
}

export type FsmErrorDetail =
  /** An event came in a state that does not know it: a bug or a lying peer; trying again does not help. */
  { readonly code: 'INVALID_TRANSITION'; readonly machine: string; readonly state: string; readonly event: string }

/** Thrown by `step` for an event that its state refuses. */
export class InvalidTransition extends ClmError<FsmErrorDetail> {
  constructor(machine: string, state: string, event: string) {
    super(
      { code: 'INVALID_TRANSITION', machine, state, event },
      `${machine}: ${event} is not expected in state ${state}`,
    )
  }
}

export function transition<S, A>(state: S, ...actions: readonly A[]): Transition<S, A> {
  return { state, actions }
}
