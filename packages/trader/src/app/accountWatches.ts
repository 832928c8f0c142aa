import { txidOf } from '@tidepool/crypto'
import type { AccountKey, OutPoint } from '@tidepool/crypto'
import { MAX_CONFIRMATIONS, TOLD_WITHIN, confirmationsNeeded } from '@tidepool/market'
import { currentScript, isFunded, isSettled, scanFrom } from '../core/account.ts'
import type { FundedAccount, SpentCoin, TraderAccount } from '../core/account.ts'
import type { AccountEvent } from '../core/accountLifecycle.ts'
import type { Auctioneer } from '../ports/auctioneer.ts'
import type { Chain } from '../ports/chain.ts'
import type { Logger } from '../ports/logger.ts'
import { fundedEvent } from './accountOpening.ts'
import { fundingOutpoint } from './accountScan.ts'
import { eventOfSpend } from './accountSpends.ts'
import type { SpendModules } from './accountSpends.ts'
import type { HeightWatch } from './height.ts'
import { Moment } from './moment.ts'

/** Two weeks: for how long nodes keep what is in no block. */
const MEMPOOL_BLOCKS = 2016

interface WatchModules extends SpendModules {
  readonly auctioneer: Auctioneer
  readonly chain: Chain
  readonly height: HeightWatch
  readonly logger: Logger
}

/** What the watches tell, and ask, whoever started them. */
interface Watcher {
  account(key: AccountKey): TraderAccount
  dispatch(key: AccountKey, event: AccountEvent, about?: OutPoint): Promise<void>
  retry<T>(signal: AbortSignal, what: string, attempt: () => Promise<T>): Promise<T | undefined>
  /** Starts the watch of the confirmation anew. */
  countAgain(key: AccountKey): void
}

/** What is asked of the chain about accounts, and what becomes of the answers. Each ends with its signal. */
export class AccountWatches {
  readonly #modules: WatchModules
  readonly #watcher: Watcher

  constructor(modules: WatchModules, watcher: Watcher) {
    this.#modules = modules
    this.#watcher = watcher
  }

  /** Whether the funding of an account that looked unfunded in its recovery gets into a block after all. */
  async funding(key: AccountKey, signal: AbortSignal): Promise<void> {
    const account = this.#watcher.account(key)
    if (isFunded(account) || account.announcedAt === undefined) return
    const { heightHint, announcedAt } = account
    if (this.#modules.height.best - heightHint > MEMPOOL_BLOCKS) return
    const { txid } = announcedAt
    const request = { txid, script: currentScript(account), confirmations: 1, heightHint }
    const found = await this.#modules.chain.confirmation(request, signal)
    if (found === undefined || signal.aborted || fundingOutpoint(account, found.tx) === undefined) return
    await this.#watcher.dispatch(key, fundedEvent(account, found.tx))
  }

  /** Until the current output is deep enough, then whether that is undone. */
  async confirmation(key: AccountKey, signal: AbortSignal): Promise<void> {
    const account = this.#watcher.account(key)
    if (!isFunded(account)) return
    const { auctioneer, chain } = this.#modules
    const terms = await auctioneer.terms().catch(() => undefined)
    if (signal.aborted) return
    const confirmations =
      terms === undefined ? MAX_CONFIRMATIONS : confirmationsNeeded(account.value, terms.maxAccountValue)
    const known = new AbortController()
    if (terms === undefined) void this.#countAgain(key, AbortSignal.any([signal, known.signal]))
    const reorg = new Moment(signal)
    const request = { txid: account.outpoint.txid, script: currentScript(account), confirmations }
    const confirmed = await chain.confirmation({ ...request, heightHint: scanFrom(account) }, signal, () =>
      reorg.happened(),
    )
    known.abort()
    if (confirmed === undefined || signal.aborted) return
    await this.#watcher.dispatch(key, { kind: 'confirmed', height: confirmed.height }, account.outpoint)
    await this.#undone(account, reorg)
  }

  /** Without the auctioneer the most confirmations count; with it, as many as it counts. */
  async #countAgain(key: AccountKey, signal: AbortSignal): Promise<void> {
    const terms = await this.#watcher.retry(signal, 'confirmations', () => this.#modules.auctioneer.terms())
    if (terms !== undefined && !signal.aborted) this.#watcher.countAgain(key)
  }

  /** Whether the output of a settled account is still in the chain, and stays there. */
  async reorg(key: AccountKey, signal: AbortSignal): Promise<void> {
    const account = this.#watcher.account(key)
    // Of an output that an older transaction made nobody remembers the block.
    if (!isFunded(account) || txidOf(account.latestTx) !== account.outpoint.txid) return
    const { outpoint, heightHint } = account
    const reorg = new Moment(signal)
    const request = { txid: outpoint.txid, script: currentScript(account), confirmations: 1, heightHint }
    const found = this.#modules.chain.confirmation(request, signal, () => reorg.happened())
    if (await this.#isUntold(found, signal)) {
      this.#modules.logger.warn('the output of an account left the chain', { account: key, txid: outpoint.txid })
      reorg.happened()
    }
    if (!signal.aborted) await this.#undone(account, reorg)
  }

  async #undone({ key, outpoint }: FundedAccount, reorg: Moment): Promise<void> {
    if ((await reorg.awaited()) && isSettled(this.#watcher.account(key))) {
      await this.#watcher.dispatch(key, { kind: 'reorged' }, outpoint)
    }
  }

  /** What was in the chain when it was last looked at is told at once; what is not told for some blocks has left it. */
  async #isUntold(found: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
    const told = new AbortController()
    const waits = AbortSignal.any([signal, told.signal])
    const late = this.#modules.height.passed(TOLD_WITHIN, waits)
    void found.then(() => told.abort())
    return (await late) && !signal.aborted
  }

  /** Ends the change when something else confirms that spends what it spends: the account's old output, or a coin. */
  async conflict(key: AccountKey, signal: AbortSignal): Promise<void> {
    const account = this.#watcher.account(key)
    if (!isFunded(account) || account.change === undefined) return
    const { from, coins } = account.change
    const own = { outpoint: from.outpoint, script: currentScript({ ...account, ...from }) }
    const spent = [own, ...coins.map(({ outpoint, output }: SpentCoin) => ({ outpoint, script: output.script }))]
    await Promise.all(spent.map((one) => this.#conflictAt(one, account, signal)))
  }

  /** The change itself may confirm, leave the chain again, and then give way to another. */
  async #conflictAt(
    spent: { readonly outpoint: OutPoint; readonly script: Uint8Array },
    account: FundedAccount,
    signal: AbortSignal,
  ): Promise<void> {
    const { chain, logger, height } = this.#modules
    const { key, outpoint } = account
    while (!signal.aborted) {
      const reorg = new Moment(signal)
      const request = { ...spent, heightHint: scanFrom(account) }
      const spend = await chain.spend(request, signal, () => reorg.happened())
      if (spend === undefined || signal.aborted) return
      if (txidOf(spend.tx) !== outpoint.txid) {
        logger.warn('change is replaced by another transaction', { account: key, by: txidOf(spend.tx) })
        return this.#watcher.dispatch(key, { kind: 'changeVoid', height: height.best })
      }
      await reorg.awaited()
    }
  }

  /** Until the current output is spent, or, of a closed account, until that is undone. */
  async spend(key: AccountKey, signal: AbortSignal): Promise<void> {
    const account = this.#watcher.account(key)
    if (!isFunded(account)) return
    const reorg = new Moment(signal)
    const request = { outpoint: account.outpoint, script: currentScript(account), heightHint: scanFrom(account) }
    const found = this.#modules.chain.spend(request, signal, () => reorg.happened())
    if (account.kind === 'closed' && (await this.#isUntold(found, signal))) {
      this.#modules.logger.warn('the end of an account left the chain', { account: key })
      return this.#reopened(key)
    }
    const spend = await found
    if (spend === undefined || signal.aborted) return
    if (account.kind === 'closed') {
      if (txidOf(spend.tx) !== txidOf(account.latestTx)) return this.#reopened(key)
    } else {
      const event = await eventOfSpend(account, spend, this.#modules)
      if (event === undefined) return
      await this.#watcher.dispatch(key, event, account.outpoint)
    }
    if (this.#watcher.account(key).kind === 'closed' && (await reorg.awaited())) await this.#reopened(key)
  }

  async #reopened(key: AccountKey): Promise<void> {
    if (this.#watcher.account(key).kind === 'closed') await this.#watcher.dispatch(key, { kind: 'spendReorged' })
  }
}
