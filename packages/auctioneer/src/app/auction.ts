import type { RunRecord } from '../core/records.ts'
import type { Clock, Logger } from '../ports/system.ts'
import type { BatchExecutor } from './batchExecutor.ts'
import type { AuctioneerOptions } from './options.ts'

interface Modules {
  readonly executor: BatchExecutor
  readonly clock: Clock
  readonly logger: Logger
}

/** The ticker: an auction every interval, or on command. A tick during a run is skipped. */
export class Auction {
  readonly #options: AuctioneerOptions
  readonly #modules: Modules
  #cancel: (() => void) | undefined
  #nextAt = 0
  #stopped = false

  constructor(options: AuctioneerOptions, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  /** Unix seconds of the next tick; 0 when auctions run on command only. */
  get nextAt(): number {
    return this.#nextAt
  }

  start(): void {
    this.#schedule()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    await this.#modules.executor.stop()
  }

  /** @throws AuctioneerError AUCTION_RUNNING, AUCTIONEER_STOPPING */
  async runNow(): Promise<RunRecord> {
    return this.#modules.executor.run()
  }

  #schedule(): void {
    const { intervalMs } = this.#options
    if (intervalMs === 0 || this.#stopped) return
    const { clock } = this.#modules
    this.#nextAt = Math.ceil((clock.now() + intervalMs) / 1000)
    this.#cancel = clock.after(intervalMs, () => {
      this.#schedule()
      this.runNow().catch((error: unknown) => this.#modules.logger.info('auction tick skipped', { error }))
    })
  }
}
