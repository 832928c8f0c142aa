import { classifySpend, decodeTx, equalBytes, incrementBatchKey, txidOf } from '@tidepool/crypto'
import type { AccountKey, BlockHeight, OrderNonce, OutPoint } from '@tidepool/crypto'
import { confirmationsNeeded } from '@tidepool/market'
import { accountScript } from '../core/account.ts'
import type { AccountRecord } from '../core/account.ts'
import { resumeAccount, stepAccount } from '../core/accountLifecycle.ts'
import type { AccountAction, AccountEvent } from '../core/accountLifecycle.ts'
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

/** Follows every account on the chain and drives its state machine: persist first, then act. */
export class AccountLifecycle {
  readonly #options: AuctioneerOptions
  readonly #modules: Modules
  readonly #watches = new Map<AccountKey, readonly Watch[]>()

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
    for (const key of [...this.#watches.keys()]) this.#unwatch(key)
  }

  /** Watches the current output of an account as its state asks for, instead of what was watched before. */
  follow(key: AccountKey): void {
    const record = this.#modules.ledger.accounts.get(key)
    if (record !== undefined) this.#watch(record, resumeAccount(record.state))
  }

  /** Expires what the new tip expires. */
  async heightReached(height: BlockHeight): Promise<void> {
    const due = [...this.#modules.ledger.accounts.values()].filter(
      ({ account, state }) =>
        account.expiry <= height &&
        (state.kind === 'open' || state.kind === 'pendingBatch' || state.kind === 'pendingUpdate'),
    )
    for (const { account } of due) await this.dispatch(account.key, { kind: 'expiryReached' })
  }

  /** One event: step, store, act. An event about an output the account no longer has is dropped. */
  async dispatch(
    key: AccountKey,
    event: AccountEvent,
    about?: OutPoint,
    learned?: Partial<AccountRecord>,
  ): Promise<void> {
    const { ledger, book, logger } = this.#modules
    const actions = await ledger.exclusively(async () => {
      const record = ledger.accounts.get(key)
      if (record === undefined || (about !== undefined && !sameOutPoint(record.account.outpoint, about))) return []
      const { state, actions: todo } = stepAccount(record.state, event)
      const orders = todo.some(({ kind }) => kind === 'withdrawOrders') ? ledger.ordersOf(key) : []
      const changes: Change[] = [{ kind: 'account', record: { ...record, ...learned, state } }]
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
    if (record === undefined || !actions.some(({ kind }) => kind === 'watchConfirmation' || kind === 'watchSpend'))
      return
    this.#watch(record, actions)
  }

  #watch(record: AccountRecord, actions: readonly AccountAction[]): void {
    const { chain } = this.#modules
    const { key, outpoint, value } = record.account
    this.#unwatch(key)
    const script = accountScript(record.account)
    const { heightHint } = record
    const watches: Watch[] = []
    if (actions.some(({ kind }) => kind === 'watchConfirmation')) {
      const confirmations = confirmationsNeeded(value, this.#options.maxAccountValue)
      watches.push(
        chain.watchConfirmation(
          { txid: outpoint.txid, script, confirmations, heightHint },
          {
            confirmed: (event) => this.#background(this.#confirmed(key, outpoint, event)),
            reorged: () => this.#background(this.dispatch(key, { kind: 'reorged' }, outpoint)),
          },
        ),
      )
    }
    if (actions.some(({ kind }) => kind === 'watchSpend')) {
      watches.push(
        chain.watchSpend(
          { outpoint, script, heightHint },
          {
            spent: (event) => this.#background(this.#spent(key, outpoint, event)),
            reorged: () => this.#modules.logger.warn('spend of an account left the chain', { accountKey: key }),
          },
        ),
      )
    }
    this.#watches.set(key, watches)
  }

  #unwatch(key: AccountKey): void {
    for (const watch of this.#watches.get(key) ?? []) watch.cancel()
    this.#watches.delete(key)
  }

  async #confirmed(key: AccountKey, outpoint: OutPoint, event: Confirmation): Promise<void> {
    const record = this.#modules.ledger.accounts.get(key)
    if (record === undefined || !sameOutPoint(record.account.outpoint, outpoint)) return
    if (!waits(record.state.kind)) return
    const output = decodeTx(event.transaction).outputs[outpoint.index]
    const matches =
      output !== undefined &&
      output.value === record.account.value &&
      equalBytes(output.script, accountScript(record.account))
    if (!matches) {
      await this.dispatch(key, { kind: 'fundingMismatch' }, outpoint)
      return
    }
    const expired = this.#modules.chain.bestHeight() >= record.account.expiry
    const learned = { latestTx: event.transaction, heightHint: event.height }
    await this.dispatch(key, { kind: 'confirmed', expired }, outpoint, learned)
  }

  async #spent(key: AccountKey, outpoint: OutPoint, event: Spend): Promise<void> {
    const record = this.#modules.ledger.accounts.get(key)
    if (record === undefined || !sameOutPoint(record.account.outpoint, outpoint)) return
    const transaction = decodeTx(event.transaction)
    if (record.state.kind === 'pendingClosed' && isOurBatch(record, event)) {
      await this.dispatch(key, { kind: 'batchConfirmed' }, outpoint)
      return
    }
    const how = classifySpend(transaction.inputs[event.inputIndex]?.witness ?? [])
    const next = accountScript({ ...record.account, batchKey: incrementBatchKey(record.account.batchKey) })
    const index = transaction.outputs.findIndex((output) => equalBytes(output.script, next))
    const output = transaction.outputs[index]
    if (how !== 'cooperative' || output === undefined) {
      await this.dispatch(key, { kind: 'spent', how, recreated: false }, outpoint)
      return
    }
    const account = {
      ...record.account,
      value: output.value,
      batchKey: incrementBatchKey(record.account.batchKey),
      outpoint: { txid: txidOf(transaction), index },
    }
    const learned = { account, latestTx: event.transaction, heightHint: event.height }
    await this.dispatch(key, { kind: 'spent', how, recreated: true }, outpoint, learned)
  }

  #background(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#modules.logger.error('account event failed', { error })
    })
  }
}

/** The batch that used the account up is stored as its latest transaction. */
function isOurBatch(record: AccountRecord, event: Spend): boolean {
  return record.latestTx !== undefined && txidOf(decodeTx(record.latestTx)) === txidOf(decodeTx(event.transaction))
}

const sameOutPoint = (a: OutPoint, b: OutPoint): boolean => a.txid === b.txid && a.index === b.index
const tradeable = (kind: AccountRecord['state']['kind']): boolean => kind === 'open' || kind === 'pendingBatch'
const waits = (kind: AccountRecord['state']['kind']): boolean =>
  kind === 'pendingOpen' || kind === 'pendingBatch' || kind === 'pendingUpdate' || kind === 'expiredPendingUpdate'
