import { satPerKWeight } from '@tidepool/crypto'
import type { SatPerKWeight } from '@tidepool/crypto'
import type { Logger } from '../ports/system.ts'
import type { Wallet } from '../ports/wallet.ts'
import type { AuctioneerOptions } from './options.ts'

/** Fee rate of the next batch: lnd's estimate for the target, within the operator's bounds. */
export class FeeRates {
  readonly #options: AuctioneerOptions
  readonly #wallet: Wallet
  readonly #logger: Logger
  #current: SatPerKWeight

  constructor(options: AuctioneerOptions, wallet: Wallet, logger: Logger) {
    this.#options = options
    this.#wallet = wallet
    this.#logger = logger
    this.#current = options.minFeeRate
  }

  /** The latest estimate; `Terms` tells it without asking lnd. */
  get current(): SatPerKWeight {
    return this.#current
  }

  /** A new estimate; the old one stays when lnd has none. */
  async refresh(): Promise<SatPerKWeight> {
    const { confTarget, minFeeRate, maxFeeRate } = this.#options
    try {
      const estimate = await this.#wallet.estimateFeeRate(confTarget)
      this.#current = satPerKWeight(estimate < minFeeRate ? minFeeRate : estimate > maxFeeRate ? maxFeeRate : estimate)
      if (estimate > maxFeeRate) this.#logger.warn('fee estimate cut to the maximum', { estimate, maxFeeRate })
    } catch (error) {
      this.#logger.warn('no fee estimate, the last one stays', { error, feeRate: this.#current })
    }
    return this.#current
  }
}
