import type { BlockHeight, Network, PubKey } from '@tidepool/crypto'
import { isFunded, ACCOUNT_KEY_FAMILY } from '../../core/account.ts'
import type { TraderAccount } from '../../core/account.ts'
import { TraderError, reasonOf } from '../../core/errors.ts'
import { newestInWallet } from '../../core/recovery/newestInWallet.ts'
import { supersedes } from '../../core/recovery/supersede.ts'
import type { BlockSource, SearchStore, WalletHistory } from '../../ports/history.ts'
import type { Channels } from '../../ports/channels.ts'
import { recoverFromChain } from './chainRecovery.ts'
import type { ChainRecoveryRequest, RecoveryProgress } from './chainRecovery.ts'
import { recoverWithAuctioneer } from './serverRecovery.ts'
import type { ServerRecoveryModules } from './serverRecovery.ts'
import type { RecoveryStreamOptions } from './recoveryStream.ts'
import type { Stopwatch } from './searchCosts.ts'
import type { ChainRecoveryState } from './searchState.ts'

/** What only recoveries need of the outside world. */
export interface RecoveryPorts {
  readonly history: WalletHistory
  readonly blocks: BlockSource
  readonly searchStore: SearchStore<ChainRecoveryState>
  readonly stopwatch: Stopwatch
  /** Lets the rest of the daemon work. */
  readonly breathe: () => Promise<void>
  readonly network: Network
  /** The public auctioneer of the network, if it has one. */
  readonly knownAuctioneer: KnownAuctioneer | undefined
}

/** Where accounts of an auctioneer can be. Pool account/recovery.go */
export interface KnownAuctioneer {
  readonly auctioneerKey: PubKey
  readonly firstBlock: BlockHeight
}

export interface RecoveryModules extends ServerRecoveryModules, RecoveryPorts {
  readonly channels: Pick<Channels, 'knownChannels'>
  /** Follows a stored account on the chain from its state on. */
  readonly follow: (key: TraderAccount['key']) => Promise<void>
  /** Keeps the daemon's own stream from speaking for accounts while the work does. */
  readonly aside: <T>(work: () => Promise<T>) => Promise<T>
}

/** A chain recovery with how it is watched and stopped. */
export interface ChainRecoveryRun {
  readonly request: ChainRecoveryRequest
  /** Instead of lnd's. */
  readonly blocks: BlockSource | undefined
  readonly tell: (progress: RecoveryProgress) => Promise<void>
  readonly signal: AbortSignal
}

/** Keys to try when the caller does not say. Pool account/recovery.go */
const DEFAULT_TARGET = 500

/** Brings accounts back after their records were lost. One recovery at a time. */
export class Recovery {
  readonly #options: RecoveryStreamOptions
  readonly #modules: RecoveryModules
  #running = false

  constructor(options: RecoveryStreamOptions, modules: RecoveryModules) {
    this.#options = options
    this.#modules = modules
  }

  get knownAuctioneer(): KnownAuctioneer | undefined {
    return this.#modules.knownAuctioneer
  }

  get network(): Network {
    return this.#modules.network
  }

  /** The number of accounts brought back; those already here are not counted. @throws TraderError */
  withAuctioneer(target: number): Promise<number> {
    return this.#exclusively(async () => {
      const keys = target === 0 ? DEFAULT_TARGET : target
      const { aside } = this.#modules
      return this.#takeOver(await aside(() => recoverWithAuctioneer(keys, this.#options, this.#modules)))
    })
  }

  /** The same from keys and chain alone. @throws TraderError RECOVERY_STOPPED, RECOVERY_RUNNING */
  fromChain(run: ChainRecoveryRun): Promise<number> {
    const { searchStore: store, ...modules } = this.#modules
    const blocks = run.blocks ?? modules.blocks
    return this.#exclusively(async () => {
      const found = await recoverFromChain(run.request, { ...modules, store, blocks }, run.tell, run.signal)
      if (found !== 'stopped') return this.#takeOver(found)
      throw new TraderError({ code: 'RECOVERY_STOPPED' }, 'the search was stopped; the same command goes on from there')
    })
  }

  /** @throws TraderError RECOVERY_RUNNING */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running) {
      throw new TraderError({ code: 'RECOVERY_RUNNING' }, 'a recovery is under way: wait for its end, or stop it')
    }
    this.#running = true
    try {
      return await work()
    } finally {
      this.#running = false
    }
  }

  /** Stores what a search found, all or none, then follows each and keeps its keys from being handed out again. */
  async #takeOver(found: readonly TraderAccount[]): Promise<number> {
    const { ledger, logger, follow } = this.#modules
    const newest = await this.#newest(found)
    const fresh = await ledger.update(() => {
      const news = newest.filter((account) => {
        const known = ledger.accounts.get(account.key)
        return known === undefined || supersedes(account, known)
      })
      return { changes: news.map((account) => ({ kind: 'account', account }) as const), result: news }
    })
    let recovered = 0
    for (const account of fresh) {
      logger.info('account recovered', { account: account.key, state: account.kind, value: account.value })
      try {
        await follow(account.key)
        if (isFunded(account)) recovered++
      } catch (error) {
        logger.error('recovered account not followed', { account: account.key, reason: reasonOf(error) })
      }
    }
    await this.#keepKeysInUse(fresh)
    return recovered
  }

  /** With the owner's own changes that are on their way. */
  async #newest(found: readonly TraderAccount[]): Promise<readonly TraderAccount[]> {
    if (found.length === 0) return found
    const { history, blocks } = this.#modules
    const known = await history.transactions()
    const tip = await blocks.bestHeight()
    return found.map((account) => newestInWallet(account, known, tip))
  }

  /** lnd counts the keys it handed out, and forgets that when it is restored from its seed. Pool account/recovery.go */
  async #keepKeysInUse(accounts: readonly TraderAccount[]): Promise<void> {
    const { history, wallet } = this.#modules
    const highest = Math.max(-1, ...accounts.map(({ keyIndex }) => keyIndex))
    let inUse = highest < 0 ? 0 : await history.keysInUse(ACCOUNT_KEY_FAMILY)
    while (inUse <= highest) inUse = (await wallet.nextKey(ACCOUNT_KEY_FAMILY)).index + 1
  }
}
