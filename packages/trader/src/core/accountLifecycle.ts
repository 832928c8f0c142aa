import { InvalidTransition } from '@tidepool/market'
import { blockHeight, formatOutPoint, satoshi, txidOf } from '@tidepool/crypto'
import type { BlockHeight, OutPoint, Satoshi, Transaction } from '@tidepool/crypto'
import type { Transition } from '@tidepool/market'
import { DEEPEST_REORG, isFunded, isSettled, outputTerms } from './account.ts'
import type {
  AccountTerms,
  FundedAccount,
  FundedKind,
  GivenUpChange,
  OutputTerms,
  PendingChange,
  TraderAccount,
} from './account.ts'

/** What one finalised batch makes of an account. */
export type BatchOutcome =
  | ({ readonly kind: 'recreated' } & OutputTerms)
  | { readonly kind: 'gone'; readonly value: Satoshi }

/**
 * funded: the funding transaction was made, or found in the wallet or the chain. fundingMissing: a recovery did not find it.
 * confirmed: enough confirmations. expiryReached: the chain reached the account's height. batchApplied: a batch with
 * this account is final. batchVoid: that batch can never confirm. spentFinally: a confirmed transaction spent the output and made no new one of ours.
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
  | {
      readonly kind: 'changed'
      readonly next: OutputTerms
      readonly tx: Transaction
      readonly change: PendingChange
      readonly heightHint: BlockHeight
    }
  | {
      readonly kind: 'closing'
      readonly tx: Transaction
      readonly change: PendingChange
      readonly heightHint: BlockHeight
    }
  | { readonly kind: 'changeVoid'; readonly height: BlockHeight }
  | { readonly kind: 'batchVoid'; readonly before: FundedAccount }
  | { readonly kind: 'spentFinally'; readonly tx: Transaction; readonly height: BlockHeight }
  | { readonly kind: 'reorged' }
  | { readonly kind: 'spendReorged' }

/**
 * findOrFund: look for the funding transaction in the wallet, else make it. republish: offer the latest transaction to
 * the chain again. initAtAuctioneer: tell the auctioneer where the output is. watchConfirmation, watchSpend,
 * watchExpiry: of the current output, replacing older watches. watchChange: whether something else spends what an
 * unconfirmed change spends. watchReorg: whether the transaction that made the output stays in the chain. watchUndo: whether the spend
 * that ended the account does. watchFunding: whether a funding that was announced and not found is mined after all.
 * subscribe: to the auction. stopWatching: everything.
 */
export type AccountAction =
  | { readonly kind: 'findOrFund' }
  | { readonly kind: 'republish' }
  | { readonly kind: 'initAtAuctioneer' }
  | { readonly kind: 'watchConfirmation' }
  | { readonly kind: 'watchSpend' }
  | { readonly kind: 'watchExpiry' }
  | { readonly kind: 'watchChange' }
  | { readonly kind: 'watchReorg' }
  | { readonly kind: 'watchUndo' }
  | { readonly kind: 'watchFunding' }
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
      return actions('republish', 'watchConfirmation', 'watchChange', 'watchExpiry')
    case 'pendingBatch':
      return actions('watchConfirmation', 'watchSpend', 'watchExpiry', 'subscribe')
    case 'open':
      return actions('watchSpend', 'watchExpiry', 'watchReorg', 'subscribe')
    case 'expired':
      return actions('watchSpend', 'watchReorg')
    case 'pendingClosed':
      return actions('republish', 'watchSpend')
    case 'closed':
      return actions('stopWatching', 'watchUndo')
    case 'canceledAfterRecovery':
      return account.announcedAt === undefined ? actions('stopWatching') : actions('stopWatching', 'watchFunding')
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
    case 'changed':
      return changed(account, event)
    case 'closing':
      return closing(account, event)
    case 'changeVoid':
      return changeVoid(account, event)
    case 'batchVoid':
      return batchVoid(account, event)
    case 'spentFinally':
      return spentFinally(account, event)
    case 'reorged':
      return reorged(account, event)
    case 'spendReorged':
      if (account.kind !== 'closed') throw refused(account, event)
      return entered({ ...account, kind: 'pendingClosed' })
    default:
      return never(event)
  }
}

function entered(account: TraderAccount): Step {
  return { state: account, actions: resume(account) }
}

function funded(account: TraderAccount, event: AccountEvent & { kind: 'funded' }): Step {
  if (isFunded(account)) throw refused(account, event)
  const { announcedAt: _found, ...terms } = account
  const next: TraderAccount = { ...terms, kind: 'pendingOpen', outpoint: event.outpoint, latestTx: event.tx }
  return { state: next, actions: actions('initAtAuctioneer', 'watchConfirmation') }
}

/**
 * How it was made stays known: a reorganisation may undo that, and something else may then take its place. A watch that
 * began anew tells what is known once more.
 */
function confirmed(account: TraderAccount, event: AccountEvent & { kind: 'confirmed' }): Step {
  switch (account.kind) {
    case 'pendingOpen':
    case 'pendingUpdate':
    case 'pendingBatch':
      return entered({ ...seen(account), kind: 'open', heightHint: event.height })
    case 'expiredPendingUpdate':
      return entered({ ...seen(account), kind: 'expired', heightHint: event.height })
    case 'open':
    case 'expired':
      return { state: account, actions: [] }
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
  const { outcome } = event
  const common = { ...settled(account), latestTx: event.tx, heightHint: event.heightHint }
  if (outcome.kind === 'gone') return entered({ ...common, kind: 'pendingClosed', value: outcome.value })
  const { outpoint, value, batchKey, expiry, version } = outcome
  return entered({ ...common, kind: 'pendingBatch', outpoint, value, batchKey, expiry, version })
}

/** Pool account/manager.go. A close that was given up may turn out to be replaced by an older change. */
function changed(account: TraderAccount, event: AccountEvent & { kind: 'changed' }): Step {
  if (!isFunded(account) || !CHANGEABLE.has(account.kind)) throw refused(account, event)
  if (formatOutPoint(account.outpoint) !== formatOutPoint(event.change.from.outpoint)) throw refused(account, event)
  const { next, tx: latestTx, change, heightHint } = event
  const givenUp = givenUpOf(account)
  const changes = givenUp.length === 0 ? { change } : { change, givenUp }
  return entered({ ...settled(account), ...next, kind: 'pendingUpdate', latestTx, ...changes, heightHint })
}

/** Changes given up of the current output; what a confirmed change won against is history. */
const givenUpOf = (account: FundedAccount): readonly GivenUpChange[] =>
  isSettled(account) && account.change !== undefined ? [] : (account.givenUp ?? [])

const CHANGEABLE: ReadonlySet<FundedKind> = new Set(['open', 'expired', 'pendingClosed'])

/**
 * Alone after expiry even from unconfirmed outputs, and in place of a change or close that does not confirm. Outpoint and
 * batch key of what is spent stay, so that the spend is seen.
 */
function closing(account: TraderAccount, event: AccountEvent & { kind: 'closing' }): Step {
  if (!isFunded(account) || account.kind === 'closed') throw refused(account, event)
  const { tx: latestTx, change } = event
  const givenUp = overtaken(account, change.from)
  // What is overtaken may be in a block already.
  const heightHint = givenUp.length === 0 ? event.heightHint : account.heightHint
  const rest = settled(account)
  const next = {
    ...rest,
    ...change.from,
    value: satoshi(0),
    kind: 'pendingClosed',
    latestTx,
    change,
    heightHint,
  } as const
  return entered(givenUp.length === 0 ? next : { ...next, givenUp })
}

/** Changes of the output being spent that may still win. */
function overtaken(account: FundedAccount, spent: OutputTerms): readonly GivenUpChange[] {
  const { latestTx: tx } = account
  const givenUp = givenUpOf(account)
  const replaced = formatOutPoint(account.outpoint) !== formatOutPoint(spent.outpoint)
  return replaced ? [...givenUp, { tx, next: outputTerms(account) }] : givenUp
}

/** Back to the output before; a change is remembered, for it may still confirm after a reorganisation. */
function changeVoid(account: TraderAccount, event: AccountEvent & { kind: 'changeVoid' }): Step {
  if (!isFunded(account) || !REVOCABLE.has(account.kind) || account.change === undefined) throw refused(account, event)
  const { from } = account.change
  const { givenUp = [], latestTx: tx } = account
  const kind = event.height >= from.expiry ? 'expired' : 'open'
  const forgotten = account.kind === 'pendingClosed' ? givenUp : [...givenUp, { tx, next: outputTerms(account) }]
  return entered({ ...settled(account), ...from, kind, givenUp: forgotten })
}

const REVOCABLE: ReadonlySet<FundedKind> = new Set(['pendingUpdate', 'expiredPendingUpdate', 'pendingClosed'])

/**
 * Its output is unconfirmed again, for whatever reason it was pending before. On the new branch it may be in an earlier
 * block than it was.
 */
function reorged(account: TraderAccount, event: AccountEvent): Step {
  if (account.kind !== 'open' && account.kind !== 'expired') throw refused(account, event)
  const heightHint = blockHeight(Math.max(account.heightHint - DEEPEST_REORG, 1))
  return entered({ ...account, kind: account.kind === 'open' ? 'pendingUpdate' : 'expiredPendingUpdate', heightHint })
}

/** States of an account that a batch has moved and the chain has not shown yet, or not any more. */
const FROM_BATCH: ReadonlySet<FundedKind> = new Set([
  'pendingBatch',
  'pendingUpdate',
  'expiredPendingUpdate',
  'pendingClosed',
])

/** As it was before the batch; pending until the chain has shown its output anew, for that may be undone, too. */
function batchVoid(account: TraderAccount, event: AccountEvent & { kind: 'batchVoid' }): Step {
  if (!isFunded(account) || !FROM_BATCH.has(account.kind)) throw refused(account, event)
  const { before } = event
  return before.kind === 'open' || before.kind === 'expired' ? reorged(before, event) : entered(before)
}

/** Without the changes that made the output, or were to make it. */
function settled(account: FundedAccount): FundedAccount {
  const { change: _change, givenUp: _givenUp, ...rest } = seen(account)
  return rest
}

/** The chain, or our own signature, speaks for it now. */
function seen(account: FundedAccount): FundedAccount {
  const { unseen: _unseen, ...rest } = account
  return rest
}

/** Whether a batch may have moved the account. */
export const spentByBatch = (account: TraderAccount): account is FundedAccount =>
  isFunded(account) && SPENT_BY_BATCH.has(account.kind)

/**
 * Expired ones too: the account may pass its height between its signature and the end of the batch. And ones whose output
 * a reorganisation took out of the chain meanwhile: the batch spends it all the same.
 */
const SPENT_BY_BATCH: ReadonlySet<FundedKind> = new Set([
  'open',
  'pendingUpdate',
  'pendingBatch',
  'expired',
  'expiredPendingUpdate',
])

/** What a close of ours stands on stays known: a reorganisation may undo both, and then both are published again. */
function spentFinally(account: TraderAccount, event: AccountEvent & { kind: 'spentFinally' }): Step {
  if (!isFunded(account) || account.kind === 'closed') throw refused(account, event)
  const asMeant = account.kind === 'pendingClosed' && txidOf(event.tx) === txidOf(account.latestTx)
  return entered({
    ...(asMeant ? account : settled(account)),
    kind: 'closed',
    latestTx: event.tx,
    heightHint: event.height,
  })
}

/** An account just reserved with the auctioneer. */
export const initiated = (terms: AccountTerms): TraderAccount => ({ ...terms, kind: 'initiated' })

function refused(account: TraderAccount, event: AccountEvent): InvalidTransition {
  return new InvalidTransition('account', account.kind, event.kind)
}

function never(value: never): never {
  throw new Error(`not a state or event: ${JSON.stringify(value)}`)
}
