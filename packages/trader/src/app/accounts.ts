import { equalBytes, formatOutPoint } from '@tidepool/crypto'
import type { AccountKey, BlockHeight, OutPoint, SatPerKWeight, Transaction } from '@tidepool/crypto'
import { InvalidTransition } from '@tidepool/market'
import {
  ACCOUNT_KEY_FAMILY,
  DEEPEST_REORG,
  awaitsChain,
  currentOutput,
  currentScript,
  isFunded,
  isSettled,
} from '../core/account.ts'
import type { TraderAccount } from '../core/account.ts'
import { resume, step } from '../core/accountLifecycle.ts'
import type { AccountAction, AccountEvent } from '../core/accountLifecycle.ts'
import { StartupError, TraderError, reasonOf } from '../core/errors.ts'
import { expiryHint } from '../core/expiryHint.ts'
import type { Auctioneer } from '../ports/auctioneer.ts'
import type { Chain, ConfirmedSpend } from '../ports/chain.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Wallet } from '../ports/wallet.ts'
import { atLeastFloor, findFunding, findOrFund, fundedEvent, refusedAs, reserveAccount } from './accountOpening.ts'
import type { OpenAccountRequest } from './accountOpening.ts'
import { republish } from './accountPublishing.ts'
import { AccountWatches } from './accountWatches.ts'
import { Backoff, retryForever } from './backoff.ts'
import type { CrashHook } from './crashPoints.ts'
import type { HeightWatch } from './height.ts'
import type { Ledger } from './ledger.ts'
import { isRefusedByChain } from './refusals.ts'
import { Tasks } from './tasks.ts'
import { accountLabel } from './txLabel.ts'

export interface AccountOptions {
  readonly userAgent: string
  readonly labelPrefix: string
  readonly retryMinMs: number
  readonly retryMaxMs: number
}

export interface AccountModules {
  readonly ledger: Ledger
  readonly auctioneer: Auctioneer
  readonly wallet: Wallet
  readonly chain: Chain
  readonly clock: Clock
  readonly height: HeightWatch
  readonly logger: Logger
  /** Puts an account on the auction stream, now or at the next connection. */
  readonly subscribe: (key: AccountKey) => void
  readonly batchConfirmed: (spend: ConfirmedSpend) => Promise<void>
  readonly crash: CrashHook
}

/** Confirmation target for funding that a restart finds undone. Pool account/interfaces.go */
const DEFAULT_FUNDING_TARGET = 1008

/** Opens accounts and follows them on the chain: takes events, steps the lifecycle, persists, then performs. */
export class Accounts {
  readonly #options: AccountOptions
  readonly #modules: AccountModules
  readonly #tasks: Tasks
  readonly #watches: AccountWatches
  /** Threshold of the last hint about an account's expiry. */
  readonly #hinted = new Map<AccountKey, number>()
  /** Accounts of which an event was lost, as when it could not be stored. */
  readonly #missed = new Set<AccountKey>()
  #opening: Promise<unknown> = Promise.resolve()

  constructor(options: AccountOptions, modules: AccountModules) {
    this.#options = options
    this.#modules = modules
    this.#tasks = new Tasks(modules.logger)
    this.#watches = new AccountWatches(modules, {
      account: (key) => this.#account(key),
      dispatch: (key, event, about) => this.dispatch(key, event, about),
      retry: (signal, what, attempt) => this.#retry(signal, what, attempt),
      countAgain: (key) => this.#start(key, 'confirmation', (signal) => this.#watches.confirmation(key, signal)),
    })
  }

  /** Every stored account must belong to this lnd; then each goes on where it was. @throws StartupError LND_WRONG_SEED */
  async start(): Promise<void> {
    const accounts = [...this.#modules.ledger.accounts.values()]
    for (const account of accounts) await this.#checkSecret(account)
    this.#modules.height.onBlock(() => this.#onBlock())
    for (const account of accounts) await this.#perform(account.key, resume(account))
  }

  async stop(): Promise<void> {
    await this.#tasks.stopAll()
  }

  /** Reserves, funds and announces a new account, one at a time. It opens by itself once confirmed. */
  open(request: OpenAccountRequest, userAgent = this.#options.userAgent): Promise<TraderAccount> {
    const opened = this.#opening.then(() => this.#open(request, userAgent))
    this.#opening = opened.catch(() => undefined)
    return opened
  }

  /** One transition: decided on the newest record, durable, then performed; dropped when `about` is not its output any more. */
  async dispatch(key: AccountKey, event: AccountEvent, about?: OutPoint): Promise<void> {
    await this.#perform(key, await this.#transition(key, event, about))
  }

  /**
   * A change, or close, that both sides signed: durable first, then published. One that the chain will never take is
   * undone. @throws TraderError CHANGE_NOT_PUBLISHED
   */
  async publishChange(key: AccountKey, event: AccountEvent & { kind: 'changed' | 'closing' }): Promise<void> {
    const { wallet, height, crash, logger } = this.#modules
    const before = this.#account(key)
    const rest = await this.#transition(key, event)
    crash('before-publish')
    try {
      await wallet.publish(event.tx, event.change.label)
    } catch (cause) {
      const reason = reasonOf(cause)
      if (isRefusedByChain(cause)) {
        await this.#undo(before, height.best)
        const message = `the chain refuses the transaction: ${reason}; the account's orders are not matched until another change confirms`
        throw new TraderError({ code: 'CHANGE_NOT_PUBLISHED', account: key, reason }, message, { cause })
      }
      logger.warn('could not publish, tried again with every block', { account: key, reason })
    }
    crash('after-publish')
    await this.#perform(
      key,
      rest.filter((action) => action.kind !== 'republish'),
    )
  }

  /** Back to what an account was before a transaction that the chain refuses. */
  async #undo(before: TraderAccount, height: BlockHeight): Promise<void> {
    if (isSettled(before)) return this.dispatch(before.key, { kind: 'changeVoid', height })
    await this.#modules.ledger.commit({ kind: 'account', account: before })
    await this.#perform(before.key, resume(before))
  }

  /** After a batch changed an account's record in its own commit: follow the new output. */
  async followAfterBatch(key: AccountKey): Promise<void> {
    const account = this.#modules.ledger.accounts.get(key)
    if (account !== undefined) await this.#perform(key, resume(account))
  }

  async #open(request: OpenAccountRequest, userAgent: string): Promise<TraderAccount> {
    const { height, logger, crash } = this.#modules
    const account = await reserveAccount(request, height.best, this.#modules)
    logger.info('account reserved', { account: account.key, value: account.value, version: account.version })
    crash('after-reserve')
    const tx = await this.#fundNow(account, request.feeRate).catch(async (error: unknown) => {
      // What nobody knows yet is found out, as a restart would.
      const now = this.#account(account.key)
      if (now.kind === 'initiated') await this.#perform(now.key, resume(now))
      throw error
    })
    crash('after-fund')
    const rest = await this.#transition(account.key, fundedEvent(account, tx))
    crash('before-init')
    try {
      await refusedAs(() => this.announce(account.key, userAgent))
    } catch (error) {
      await this.#perform(account.key, rest)
      throw error
    }
    await this.#perform(
      account.key,
      rest.filter((action) => action.kind !== 'initAtAuctioneer'),
    )
    return this.#account(account.key)
  }

  /** The answer may be lost although the money went out: only the wallet knows, and the account waits for it. */
  async #fundNow(account: TraderAccount, feeRate: SatPerKWeight): Promise<Transaction> {
    const { wallet } = this.#modules
    const label = accountLabel(this.#options.labelPrefix, account, 'create')
    try {
      return await wallet.sendOutput(currentOutput(account), feeRate, label)
    } catch (error) {
      const found = await findFunding(account, wallet).catch(() => undefined)
      if (found !== undefined) return found
      if (error instanceof TraderError) await this.#transition(account.key, { kind: 'fundingMissing' })
      throw error
    }
  }

  async #transition(key: AccountKey, event: AccountEvent, about?: OutPoint): Promise<readonly AccountAction[]> {
    const { ledger, logger } = this.#modules
    return ledger.update(() => {
      const account = this.#account(key)
      if (about !== undefined && !(isFunded(account) && formatOutPoint(account.outpoint) === formatOutPoint(about))) {
        return { changes: [], result: [] }
      }
      const next = step(account, event)
      if (account.kind !== next.state.kind) {
        logger.info('account state changes', { account: key, from: account.kind, to: next.state.kind })
      }
      return { changes: [{ kind: 'account', account: next.state }], result: next.actions }
    })
  }

  async #perform(key: AccountKey, actions: readonly AccountAction[]): Promise<void> {
    for (const action of actions) await this.#performOne(key, action)
  }

  async #performOne(key: AccountKey, action: AccountAction): Promise<void> {
    switch (action.kind) {
      case 'findOrFund':
        return this.#start(key, 'fund', (signal) => this.#fund(key, signal))
      case 'republish':
        return this.#start(key, 'publish', (signal) => republish(this.#account(key), this.#modules, signal))
      case 'initAtAuctioneer':
        return this.#start(key, 'init', (signal) => this.#retry(signal, 'announce', () => this.announce(key)))
      case 'watchConfirmation':
        this.#stop(key, 'spend', 'change')
        return this.#start(key, 'confirmation', (signal) => this.#watches.confirmation(key, signal))
      case 'watchSpend':
        this.#stop(key, 'change')
        return this.#start(key, 'spend', (signal) => this.#watches.spend(key, signal))
      case 'watchChange':
        return this.#start(key, 'change', (signal) => this.#watches.conflict(key, signal))
      case 'watchReorg':
        return this.#watchYoung(key, 'confirmation', (signal) => this.#watches.reorg(key, signal))
      case 'watchUndo':
        return this.#watchYoung(key, 'spend', (signal) => this.#watches.spend(key, signal))
      case 'watchFunding':
        return this.#start(key, 'fund', (signal) => this.#watches.funding(key, signal))
      case 'watchExpiry':
        return this.#checkExpiry(key)
      case 'subscribe':
        return this.#modules.subscribe(key)
      case 'stopWatching':
        // The watch of the spend goes on by itself: a reorganisation may undo it.
        return this.#stop(key, 'fund', 'publish', 'init', 'confirmation', 'change')
      default:
        return action satisfies never
    }
  }

  async #fund(key: AccountKey, signal: AbortSignal): Promise<void> {
    const account = this.#account(key)
    const tx = await this.#retry(signal, 'fund', async () => {
      const rate = atLeastFloor(await this.#modules.wallet.estimateFeeRate(DEFAULT_FUNDING_TARGET))
      return findOrFund(account, rate, { wallet: this.#modules.wallet, labelPrefix: this.#options.labelPrefix })
    })
    if (tx !== undefined) await this.dispatch(key, fundedEvent(account, tx))
  }

  /**
   * After a start, unless this run saw it confirm: what is young may leave the chain, or has left it meanwhile, so it is
   * offered again too.
   */
  #watchYoung(key: AccountKey, what: 'confirmation' | 'spend', watch: (signal: AbortSignal) => Promise<void>): void {
    const { heightHint } = this.#account(key)
    const isOld = this.#modules.height.best - heightHint >= DEEPEST_REORG
    if (isOld || this.#tasks.isRunning(taskName(key, what))) return
    this.#start(key, 'publish', (signal) => republish(this.#account(key), this.#modules, signal))
    this.#start(key, what, watch)
  }

  /** Tells the auctioneer where the account's output is; idempotent on its side. */
  async announce(key: AccountKey, userAgent = this.#options.userAgent): Promise<void> {
    const account = this.#account(key)
    if (!isFunded(account)) return
    const { value, expiry, version, outpoint } = account
    const script = currentScript(account)
    await this.#modules.auctioneer.initAccount({ key, value, expiry, version, outpoint, script, userAgent })
  }

  /** Expiries, what waits for the chain once more, and a word to the owner when an expiry comes near. */
  #onBlock(): void {
    this.#askAgain()
    for (const [key, account] of this.#modules.ledger.accounts) {
      if (awaitsChain(account))
        this.#start(key, 'publish', (signal) => republish(this.#account(key), this.#modules, signal))
      this.#hint(account)
      void this.#checkExpiry(key).catch((error: unknown) => {
        this.#modules.logger.error('expiry not recorded', { account: key, reason: reasonOf(error) })
      })
    }
  }

  /** What was lost is asked of the chain again. */
  #askAgain(): void {
    const missed = [...this.#missed]
    this.#missed.clear()
    for (const key of missed) {
      void this.#perform(key, resume(this.#account(key))).catch((error: unknown) => {
        this.#modules.logger.error('account not followed', { account: key, reason: reasonOf(error) })
        this.#missed.add(key)
      })
    }
  }

  #hint(account: TraderAccount): void {
    const hint = expiryHint(account, this.#modules.height.best)
    const last = this.#hinted.get(account.key)
    if (hint === undefined) this.#hinted.delete(account.key)
    if (hint === undefined || hint.threshold === last) return
    this.#hinted.set(account.key, hint.threshold)
    const { blocksLeft, advice } = hint
    this.#modules.logger.warn('account expires', { account: account.key, expiry: account.expiry, blocksLeft, advice })
  }

  /** Against the stored expiry at this moment, not the one when watching began (accounts trap 22). */
  async #checkExpiry(key: AccountKey): Promise<void> {
    const account = this.#account(key)
    const waits = account.kind === 'open' || account.kind === 'pendingUpdate' || account.kind === 'pendingBatch'
    if (!waits || this.#modules.height.best < account.expiry) return
    // A change that comes first has an expiry of its own.
    await this.dispatch(key, { kind: 'expiryReached' }, account.outpoint)
  }

  async #checkSecret(account: TraderAccount): Promise<void> {
    const locator = { family: ACCOUNT_KEY_FAMILY, index: account.keyIndex }
    const secret = await this.#modules.wallet.sharedSecret(locator, account.auctioneerKey)
    if (equalBytes(secret, account.secret)) return
    throw new StartupError(
      { code: 'LND_WRONG_SEED', account: account.key },
      'a stored account was not opened with this lnd: connect the lnd it belongs to',
    )
  }

  #start(key: AccountKey, what: (typeof TASKS)[number], work: (signal: AbortSignal) => Promise<unknown>): void {
    this.#tasks.start(taskName(key, what), async (signal) => {
      try {
        await work(signal)
      } catch (error) {
        if (!signal.aborted && !(error instanceof InvalidTransition)) this.#missed.add(key)
        throw error
      }
    })
  }

  #stop(key: AccountKey, ...what: readonly (typeof TASKS)[number][]): void {
    for (const one of what) this.#tasks.stop(taskName(key, one))
  }

  #retry<T>(signal: AbortSignal, what: string, attempt: () => Promise<T>): Promise<T | undefined> {
    const { retryMinMs, retryMaxMs } = this.#options
    const backoff = new Backoff({ minMs: retryMinMs, maxMs: retryMaxMs }, this.#modules.clock)
    const onError = (error: unknown): void =>
      this.#modules.logger.warn('account work failed, tried again', { what, reason: reasonOf(error) })
    return retryForever(attempt, { backoff, signal, onError })
  }

  #account(key: AccountKey): TraderAccount {
    const account = this.#modules.ledger.accounts.get(key)
    if (account !== undefined) return account
    throw new TraderError({ code: 'TRADER_ACCOUNT_UNKNOWN', account: key }, 'account not found')
  }
}

const TASKS = ['fund', 'publish', 'init', 'confirmation', 'spend', 'change'] as const

const taskName = (key: AccountKey, what: (typeof TASKS)[number]): string => `${what} ${key}`
