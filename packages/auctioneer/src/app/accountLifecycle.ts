import { setImmediate as nextTurn } from 'node:timers/promises'
import { decodeTx, equalBytes, txidOf, itemAt } from '@tidepool/crypto'
import type { AccountKey, BlockHeight, OrderNonce, OutPoint } from '@tidepool/crypto'
import { InvalidTransition, TOLD_WITHIN, confirmationsNeeded } from '@tidepool/market'
import { REORG_DEPTH, accountScript, scanFrom } from '../core/account.ts'
import type { AccountRecord, PreviousAccount } from '../core/account.ts'
import { noteStep } from '../core/accountHistory.ts'
import { resumeAccount, stepAccount } from '../core/accountLifecycle.ts'
import type { AccountAction, AccountEvent } from '../core/accountLifecycle.ts'
import { accountAfterSpend, sameOutPoint } from '../core/accountSpent.ts'
import type { ChainWatcher, Confirmation, Spend, Watch } from '../ports/chain.ts'
import type { Change } from '../ports/store.ts'
import type { Logger } from '../ports/system.ts'
import type { Ledger } from './ledger.ts'
import type { AuctioneerOptions } from './options.ts'

/** Told when open orders or their accounts left the book. */
export interface BookListener {
  bookChanged(reason: string, orders: readonly OrderNonce[]): void
}

interface Modules {
  readonly ledger: Ledger
  readonly chain: ChainWatcher
  readonly book: BookListener
  readonly logger: Logger
}

const FOLLOWED_AT_ONCE = 20

/** Something that was in the chain when it was last looked at, and that lnd is asked for again. */
interface Expected {
  readonly since: BlockHeight
  told: boolean
  /** It is not there any more. */
  readonly gone: () => Promise<void>
}

/** Follows every account on the chain and drives its state machine: persist first, then act. */
export class AccountLifecycle {
  readonly #options: AuctioneerOptions
  readonly #modules: Modules
  readonly #watches = new Map<AccountKey, readonly Watch[]>()
  readonly #expected = new Map<AccountKey, readonly Expected[]>()
  /** Accounts of which an event was lost. */
  readonly #missed = new Set<AccountKey>()
  #events: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(options: AuctioneerOptions, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  /** Takes up all accounts again after a start. */
  async start(): Promise<void> {
    const { ledger, chain } = this.#modules
    for (const key of ledger.accounts.keys()) this.follow(key)
    await this.heightReached(chain.bestHeight())
  }

  stop(): void {
    this.#stopped = true
    for (const key of [...this.#watches.keys()]) this.#unwatch(key)
  }

  /** Watches the current output of an account as its state asks for, instead of what was watched before. */
  follow(key: AccountKey): void {
    const record = this.#modules.ledger.accounts.get(key)
    if (record !== undefined && !this.#stopped) this.#watch(record, resumeAccount(record.state))
  }

  /** The same for many, some at a time: until an account's turn comes it is watched as before. */
  async followAll(keys: readonly AccountKey[]): Promise<void> {
    for (let from = 0; from < keys.length; from += FOLLOWED_AT_ONCE) {
      if (from > 0) await nextTurn()
      for (const key of keys.slice(from, from + FOLLOWED_AT_ONCE)) this.follow(key)
    }
  }

  /** Expires what the new tip expires, and finds out what left the chain while nobody watched, or was not stored. */
  async heightReached(height: BlockHeight): Promise<void> {
    this.#askAgain()
    this.#missUntold(height)
    const due = [...this.#modules.ledger.accounts.values()].filter(
      ({ account, state }) =>
        account.expiry <= height &&
        (state.kind === 'open' ||
          state.kind === 'pendingBatch' ||
          state.kind === 'pendingUpdate' ||
          (state.kind === 'changeSigned' && state.base === 'open')),
    )
    // A change that comes first has an expiry of its own.
    for (const { account } of due) await this.dispatch(account.key, { kind: 'expiryReached' }, account.outpoint)
  }

  #missUntold(height: BlockHeight): void {
    for (const [key, expected] of this.#expected) {
      for (const one of expected) {
        if (one.told || height - one.since < TOLD_WITHIN) continue
        one.told = true
        this.#inOrder(key, one.gone)
      }
    }
  }

  /** One event: step, store, act. An event about an output the account no longer has is dropped. */
  async dispatch(
    key: AccountKey,
    event: AccountEvent,
    about?: OutPoint,
    learned?: Partial<AccountRecord>,
  ): Promise<void> {
    const { ledger, chain, book, logger } = this.#modules
    const actions = await ledger.exclusively(async () => {
      const record = ledger.accounts.get(key)
      if (record === undefined || (about !== undefined && !sameOutPoint(record.account.outpoint, about))) return []
      const { state, actions: todo } = stepAccount(record.state, event)
      const orders = todo.some(({ kind }) => kind === 'withdrawOrders') ? ledger.ordersOf(key) : []
      const changes: Change[] = noted(record, { ...record, ...learned, state }, event, chain.bestHeight())
      for (const order of orders) changes.push({ kind: 'order', record: { ...order, state: 'canceled' } })
      await ledger.commit(changes)
      logger.info('account event', { accountKey: key, event: event.kind, from: record.state.kind, to: state.kind })
      if (!tradeable(state.kind)) {
        book.bookChanged(
          `account is ${state.kind}`,
          [...orders, ...ledger.ordersOf(key)].map(({ order }) => order.nonce),
        )
      }
      return todo
    })
    this.#perform(key, actions)
  }

  #perform(key: AccountKey, actions: readonly AccountAction[]): void {
    const { ledger, logger } = this.#modules
    for (const action of actions) {
      if (action.kind === 'alertOperator')
        logger.error('account needs attention', { accountKey: key, why: action.reason })
      if (action.kind === 'stopWatching') this.#unwatch(key)
    }
    const record = ledger.accounts.get(key)
    if (record !== undefined && actions.some(({ kind }) => kind.startsWith('watch'))) this.#watch(record, actions)
  }

  #watch(record: AccountRecord, actions: readonly AccountAction[]): void {
    const { key } = record.account
    this.#unwatch(key)
    const wanted = (kind: AccountAction['kind']): boolean => actions.some((action) => action.kind === kind)
    // What is young may still be undone by a reorganisation.
    const young = this.#modules.chain.bestHeight() - record.heightHint < REORG_DEPTH
    const watches: Watch[] = []
    const expected: Expected[] = []
    if (young && record.previous !== undefined) watches.push(this.#watchUndo(key, record.previous, expected))
    if (wanted('watchConfirmation') || (young && isSettled(record)))
      watches.push(this.#watchConfirmation(record, expected))
    if (wanted('watchSpend')) watches.push(this.#watchSpend(record))
    this.#watches.set(key, watches)
    this.#expected.set(key, expected)
  }

  /** Of the output of a settled account too: it may leave the chain. */
  #watchConfirmation(record: AccountRecord, expected: Expected[]): Watch {
    const { account } = record
    const { key, outpoint, value } = account
    const known: Expected = {
      since: this.#modules.chain.bestHeight(),
      told: !isSettled(record),
      gone: async () => {
        const now = this.#modules.ledger.accounts.get(key)
        if (now === undefined || !isSettled(now)) return
        this.#modules.logger.warn('the output of an account left the chain', { accountKey: key, txid: outpoint.txid })
        await this.dispatch(key, { kind: 'reorged' }, outpoint)
        this.follow(key)
      },
    }
    expected.push(known)
    const confirmations = confirmationsNeeded(value, this.#options.maxAccountValue)
    return this.#modules.chain.watchConfirmation(
      { txid: outpoint.txid, script: accountScript(account), confirmations, heightHint: scanFrom(record) },
      {
        confirmed: (event) => {
          known.told = true
          this.#inOrder(key, () => this.#confirmed(key, outpoint, event))
        },
        reorged: () => this.#inOrder(key, () => this.dispatch(key, { kind: 'reorged' }, outpoint)),
      },
    )
  }

  #watchSpend(record: AccountRecord): Watch {
    const { account } = record
    const { key, outpoint } = account
    return this.#modules.chain.watchSpend(
      { outpoint, script: accountScript(account), heightHint: scanFrom(record) },
      {
        spent: (event) => this.#inOrder(key, () => this.#spent(key, outpoint, event)),
        reorged: () => this.#inOrder(key, () => this.#undone(key, outpoint)),
      },
    )
  }

  /** The spend that led to the current state, which may leave the chain or give way to another. */
  #watchUndo(key: AccountKey, { account, heightHint, spentBy }: PreviousAccount, expected: Expected[]): Watch {
    const { outpoint } = account
    const gone = (): Promise<void> => this.#undone(key, outpoint)
    const known: Expected = { since: this.#modules.chain.bestHeight(), told: false, gone }
    expected.push(known)
    return this.#modules.chain.watchSpend(
      { outpoint, script: accountScript(account), heightHint },
      {
        spent: (event) => {
          known.told = true
          if (txidOf(decodeTx(event.transaction)) !== spentBy) this.#inOrder(key, gone)
        },
        reorged: () => this.#inOrder(key, gone),
      },
    )
  }

  #unwatch(key: AccountKey): void {
    for (const watch of this.#watches.get(key) ?? []) watch.cancel()
    this.#watches.delete(key)
    this.#expected.delete(key)
  }

  async #confirmed(key: AccountKey, outpoint: OutPoint, event: Confirmation): Promise<void> {
    const record = this.#modules.ledger.accounts.get(key)
    if (record === undefined || !sameOutPoint(record.account.outpoint, outpoint) || !waits(record)) return
    const output = itemAt(decodeTx(event.transaction).outputs, outpoint.index)
    const matches =
      output !== undefined &&
      output.value === record.account.value &&
      equalBytes(output.script, accountScript(record.account))
    if (!matches) {
      await this.dispatch(key, { kind: 'fundingMismatch' }, outpoint)
      return
    }
    const expired = this.#modules.chain.bestHeight() >= record.account.expiry
    const signed = record.changes.length > 0
    const learned = { latestTx: event.transaction, heightHint: event.height }
    await this.dispatch(key, { kind: 'confirmed', expired, signed }, outpoint, learned)
  }

  async #spent(key: AccountKey, outpoint: OutPoint, event: Spend): Promise<void> {
    const { ledger, logger } = this.#modules
    const record = ledger.accounts.get(key)
    if (record === undefined || record.state.kind === 'closed') return
    if (!sameOutPoint(record.account.outpoint, outpoint)) return
    if (record.state.kind === 'pendingClosed' && isOurBatch(record, event)) {
      await this.dispatch(key, { kind: 'batchConfirmed' }, outpoint)
      return
    }
    const { how, signed, learned } = accountAfterSpend(record, event)
    if (how === 'cooperative' && !signed) {
      logger.error('account spent by a change that is not on record', {
        accountKey: key,
        txid: learned.previous.spentBy,
      })
    }
    await this.dispatch(key, { kind: 'spent', how, recreated: learned.account !== undefined }, outpoint, learned)
  }

  /** Back to what the account was; the watch of its output then tells what became of it. */
  async #undone(key: AccountKey, outpoint: OutPoint): Promise<void> {
    const { ledger, logger } = this.#modules
    const previous = ledger.accounts.get(key)?.previous
    if (previous === undefined || !sameOutPoint(previous.account.outpoint, outpoint)) return
    logger.warn('spend of an account left the chain', { accountKey: key, txid: previous.spentBy })
    const { account, changes, heightHint, latestTx, state: before } = previous
    const learned = { account, changes, heightHint, latestTx, previous: undefined }
    await this.dispatch(key, { kind: 'spendUndone', before }, undefined, learned)
  }

  /** Events one after the other: a reorganisation and what comes after it are told in one go. */
  #inOrder(key: AccountKey, work: () => Promise<void>): void {
    this.#events = this.#events.then(work).catch((error: unknown) => {
      this.#modules.logger.error('account event failed', { accountKey: key, error })
      if (!(error instanceof InvalidTransition)) this.#missed.add(key)
    })
  }

  /** What could not be stored is asked of the chain again. */
  #askAgain(): void {
    const missed = [...this.#missed]
    this.#missed.clear()
    for (const key of missed) this.follow(key)
  }
}

/** The batch that used the account up is stored as its latest transaction. */
function isOurBatch(record: AccountRecord, event: Spend): boolean {
  return record.latestTx !== undefined && txidOf(decodeTx(record.latestTx)) === txidOf(decodeTx(event.transaction))
}

/** What to store: the record, and a step of its history when there is something to tell. */
function noted(before: AccountRecord, after: AccountRecord, event: AccountEvent, height: BlockHeight): Change[] {
  const tells = before.state.kind !== after.state.kind || !sameOutPoint(before.account.outpoint, after.account.outpoint)
  if (!tells) return [{ kind: 'account', record: after }]
  const { record, step } = noteStep(after, nameOf(event), height)
  return [
    { kind: 'account', record },
    { kind: 'accountStep', step },
  ]
}

const nameOf = (event: AccountEvent): string => (event.kind === 'spent' ? `spent (${event.how})` : event.kind)

const tradeable = (kind: AccountRecord['state']['kind']): boolean => kind === 'open' || kind === 'pendingBatch'
const isSettled = ({ state: { kind } }: AccountRecord): boolean =>
  kind === 'open' || kind === 'expired' || kind === 'changeSigned'
const waits = ({ state: { kind } }: AccountRecord): boolean =>
  kind === 'pendingOpen' || kind === 'pendingBatch' || kind === 'pendingUpdate' || kind === 'expiredPendingUpdate'
