import { blockCount } from '@tidepool/crypto'
import type { BlockCount } from '@tidepool/crypto'
import type { BucketState } from '@tidepool/market'
import { AuctioneerError } from '../core/errors.ts'
import type { OpenInterest } from '../core/openInterest.ts'
import type { Change, Durations } from '../ports/store.ts'
import type { Logger } from '../ports/system.ts'
import type { Ledger } from './ledger.ts'
import type { AuctioneerOptions } from './options.ts'
import type { ProposalGuard } from './proposalGuard.ts'

/** States the operator may ask for. */
export type MarketState = Exclude<BucketState, 'noMarket'>

export interface DurationView {
  readonly blocks: BlockCount
  readonly state: BucketState
  readonly openOrders: number
}

interface Modules {
  readonly ledger: Ledger
  readonly interest: OpenInterest
  readonly guard: ProposalGuard
  readonly logger: Logger
}

/** About four years: beyond it no account lives. */
const MAX_BLOCKS = 210_000

/** Which lease durations are traded. The settings count until the operator changes one; then what is stored does. */
export class DurationService {
  readonly #options: AuctioneerOptions
  readonly #modules: Modules

  constructor(options: AuctioneerOptions, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  get current(): Durations {
    return this.#modules.ledger.durations ?? this.#options.buckets
  }

  /** Those whose orders are cleared. */
  get open(): ReadonlySet<BlockCount> {
    return new Set([...this.current].filter(([, state]) => state === 'open').map(([blocks]) => blocks))
  }

  list(): readonly DurationView[] {
    const { interest } = this.#modules
    return [...this.current]
      .map(([blocks, state]) => ({ blocks, state, openOrders: interest.ordersOf(blocks) }))
      .toSorted((a, b) => a.blocks - b.blocks)
  }

  /** Adds it or changes its state. @throws AuctioneerError DURATION_INVALID */
  async set(blocks: number, state: MarketState): Promise<void> {
    if (!Number.isInteger(blocks) || blocks < 1 || blocks > MAX_BLOCKS) {
      throw new AuctioneerError({ code: 'DURATION_INVALID', what: String(blocks) }, `a lease lasts 1 to ${MAX_BLOCKS}`)
    }
    const { ledger, logger } = this.#modules
    await ledger.exclusively(() => {
      const durations = new Map(this.current).set(blockCount(blocks), state)
      return ledger.commit([{ kind: 'durations', durations }])
    })
    logger.info('lease duration set', { blocks, state })
  }

  /** @throws AuctioneerError DURATION_NOT_FOUND, DURATION_IN_USE, DURATION_LAST */
  async remove(blocks: number, cancelOrders: boolean): Promise<void> {
    const { ledger, guard, logger } = this.#modules
    const canceled = await ledger.exclusively(async () => {
      const duration = [...this.current.keys()].find((known) => known === blocks)
      if (duration === undefined) {
        throw new AuctioneerError(
          { code: 'DURATION_NOT_FOUND', blocks },
          `the market has no leases of ${blocks} blocks`,
        )
      }
      if (this.current.size === 1) {
        throw new AuctioneerError(
          { code: 'DURATION_LAST', blocks },
          'a market needs a duration: close this one instead',
        )
      }
      const nonces = ledger.openOrders.where((order) => order.leaseDuration === duration)
      const isBusy = nonces.some((nonce) => guard.isBeingSigned(nonce))
      if (isBusy || (nonces.length > 0 && !cancelOrders)) {
        throw new AuctioneerError(
          { code: 'DURATION_IN_USE', blocks, orders: nonces.length },
          isBusy ? 'a batch with such orders is being signed: try again shortly' : 'orders wait in it',
        )
      }
      const durations = new Map(this.current)
      durations.delete(duration)
      const waiting = nonces.map((nonce) => ledger.openOrders.get(nonce)).filter((record) => record !== undefined)
      const orders: Change[] = waiting.map((record) => ({ kind: 'order', record: { ...record, state: 'canceled' } }))
      await ledger.commit([{ kind: 'durations', durations }, ...orders])
      guard.bookChanged('lease duration removed', nonces)
      return nonces.length
    })
    logger.info('lease duration removed', { blocks, canceled })
  }
}
