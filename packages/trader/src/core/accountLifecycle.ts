import { InvalidTransition } from '@tidepool/market'
import type { BatchKey, BlockHeight, OutPoint, Satoshi, Transaction } from '@tidepool/crypto'
import type { AccountVersion, Transition } from '@tidepool/market'
import { isFunded } from './account.ts'
import type { AccountTerms, FundedAccount, FundedKind, TraderAccount } from './account.ts'

/** What one finalised batch makes of an account. */
export type BatchOutcome =
  | {
      readonly kind: 'recreated'
      readonly value: Satoshi
      readonly outpoint: OutPoint
      readonly batchKey: BatchKey
      readonly expiry: BlockHeight
      readonly version: AccountVersion
    }
  | { readonly kind: 'gone'; readonly value: Satoshi }

/**
 * funded: the funding transaction was made or found in the wallet. fundingMissing: a recovery did not find it.
 * confirmed: enough confirmations. expiryReached: the chain reached the account's height. batchApplied: a batch with
 * this account is final. spentFinally: a confirmed transaction spent the output and made no new one of ours.
 */
export type AccountEvent =
  | { readonly kind: 'funded'; readonly outpoint: OutPoint; readonly tx: Transaction }
  | { readonly kind: 'fundingMissing' }
  | { readonly kind: 'confirmed'; readonly height: BlockHeight }
  | { readonly kind: 'expiryReached' }
  | {
      readonly kind: 'batchApplied'
      readonly outcome: BatchOutcome
      readonly tx: Transaction
      readonly heightHint: BlockHeight
    }
  | { readonly kind: 'spentFinally'; readonly tx: Transaction; readonly height: BlockHeight }

/**
 * findOrFund: look for the funding transaction in the wallet, else make it. republish: offer the latest transaction to
 * the chain again. initAtAuctioneer: tell the auctioneer where the output is. watchConfirmation, watchSpend,
 * watchExpiry: of the current output, replacing older watches. subscribe: to the auction. stopWatching: everything.
 */
export type AccountAction =
  | { readonly kind: 'findOrFund' }
  | { readonly kind: 'republish' }
  | { readonly kind: 'initAtAuctioneer' }
  | { readonly kind: 'watchConfirmation' }
  | { readonly kind: 'watchSpend' }
  | { readonly kind: 'watchExpiry' }
  | { readonly kind: 'subscribe' }
  | { readonly kind: 'stopWatching' }

type Step = Transition<TraderAccount, AccountAction>

const actions = (...kinds: readonly AccountAction['kind'][]): readonly AccountAction[] =>
  kinds.map((kind) => ({ kind }))

/** What to do in a state, after it was entered or after a restart. Every action may be repeated. */
export function resume(account: TraderAccount): readonly AccountAction[] {
  switch (account.kind) {
    case 'initiated':
      return actions('findOrFund')
    case 'pendingOpen':
      return actions('republish', 'initAtAuctioneer', 'watchConfirmation')
    case 'pendingUpdate':
    case 'expiredPendingUpdate':
      return actions('watchConfirmation')
    case 'pendingBatch':
      return actions('watchConfirmation', 'watchSpend', 'watchExpiry', 'subscribe')
    case 'open':
      return actions('watchSpend', 'watchExpiry', 'subscribe')
    case 'expired':
      return actions('watchSpend')
    case 'pendingClosed':
      return actions('republish', 'watchSpend')
    case 'closed':
    case 'canceledAfterRecovery':
      return actions('stopWatching')
    default:
      return never(account)
  }
}

/** Next state of an account and what to do about it. Pool account/manager.go. @throws InvalidTransition */
export function step(account: TraderAccount, event: AccountEvent): Step {
  switch (event.kind) {
    case 'funded':
      return funded(account, event)
    case 'fundingMissing':
      if (account.kind !== 'initiated') throw refused(account, event)
      return entered({ ...account, kind: 'canceledAfterRecovery' })
    case 'confirmed':
      return confirmed(account, event)
    case 'expiryReached':
      return expired(account, event)
    case 'batchApplied':
      return batchApplied(account, event)
    case 'spentFinally':
      return spentFinally(account, event)
    default:
      return never(event)
  }
}

function entered(account: TraderAccount): Step {
  return { state: account, actions: resume(account) }
}

function funded(account: TraderAccount, event: AccountEvent & { kind: 'funded' }): Step {
  if (account.kind !== 'initiated') throw refused(account, event)
  const next: TraderAccount = { ...account, kind: 'pendingOpen', outpoint: event.outpoint, latestTx: event.tx }
  return { state: next, actions: actions('initAtAuctioneer', 'watchConfirmation') }
}

function confirmed(account: TraderAccount, event: AccountEvent & { kind: 'confirmed' }): Step {
  switch (account.kind) {
    case 'pendingOpen':
    case 'pendingUpdate':
    case 'pendingBatch':
      return entered({ ...account, kind: 'open', heightHint: event.height })
    case 'expiredPendingUpdate':
      return entered({ ...account, kind: 'expired', heightHint: event.height })
    default:
      throw refused(account, event)
  }
}

function expired(account: TraderAccount, event: AccountEvent): Step {
  switch (account.kind) {
    case 'open':
      return entered({ ...account, kind: 'expired' })
    case 'pendingUpdate':
    case 'pendingBatch':
      return entered({ ...account, kind: 'expiredPendingUpdate' })
    case 'pendingClosed':
    case 'closed':
      return { state: account, actions: [] }
    default:
      throw refused(account, event)
  }
}

function batchApplied(account: TraderAccount, event: AccountEvent & { kind: 'batchApplied' }): Step {
  if (!spentByBatch(account)) throw refused(account, event)
  const common = { ...account, latestTx: event.tx, heightHint: event.heightHint, value: event.outcome.value }
  if (event.outcome.kind === 'gone') return entered({ ...common, kind: 'pendingClosed' })
  const { outpoint, batchKey, expiry, version } = event.outcome
  return entered({ ...common, kind: 'pendingBatch', outpoint, batchKey, expiry, version })
}

/** Whether a batch may have moved the account. */
export const spentByBatch = (account: TraderAccount): account is FundedAccount =>
  isFunded(account) && SPENT_BY_BATCH.has(account.kind)

/** Expired ones too: the account may pass its height between its signature and the end of the batch. */
const SPENT_BY_BATCH: ReadonlySet<FundedKind> = new Set(['open', 'pendingBatch', 'expired', 'expiredPendingUpdate'])

function spentFinally(account: TraderAccount, event: AccountEvent & { kind: 'spentFinally' }): Step {
  if (!isFunded(account) || account.kind === 'closed') throw refused(account, event)
  return entered({ ...account, kind: 'closed', latestTx: event.tx, heightHint: event.height })
}

/** An account just reserved with the auctioneer. */
export const initiated = (terms: AccountTerms): TraderAccount => ({ ...terms, kind: 'initiated' })

function refused(account: TraderAccount, event: AccountEvent): InvalidTransition {
  return new InvalidTransition('account', account.kind, event.kind)
}

function never(value: never): never {
  throw new Error(`not a state or event: ${JSON.stringify(value)}`)
}
