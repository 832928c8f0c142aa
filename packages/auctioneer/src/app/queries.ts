import { decrementBatchKey } from '@tidepool/crypto'
import type { AccountKey, BatchId, BlockCount, BlockHeight, NodeKey, OrderNonce, SatPerKWeight } from '@tidepool/crypto'
import type { BucketState, FeeSchedule, NodeTier, Order } from '@tidepool/market'
import type { Reservation } from '../core/account.ts'
import { accountView } from '../core/accountView.ts'
import { AuctioneerError, TEXT_NO_BATCH } from '../core/errors.ts'
import type { AuctionAccountView } from '../core/messages.ts'
import type { MarketCounts, OpenInterest } from '../core/openInterest.ts'
import type { BatchRecord } from '../core/records.ts'
import type { Auction } from './auction.ts'
import type { DurationService } from './durations.ts'
import type { FeeRates } from './feeRates.ts'
import type { Ledger } from './ledger.ts'
import type { AuctioneerOptions } from './options.ts'
import type { OrderService } from './orders.ts'
import type { NodeRatings } from './ratings.ts'
import type { AccountDirectory } from './traderSession.ts'

/** Batches one query may ask for (Pool auctioneer.proto). */
const MAX_BATCHES = 100

export interface Terms {
  readonly maxAccountValue: bigint
  readonly executionFee: FeeSchedule
  readonly nextBatchConfTarget: number
  readonly nextBatchFeeRate: SatPerKWeight
  /** Unix seconds. */
  readonly nextBatchClearAt: number
  readonly buckets: ReadonlyMap<BlockCount, BucketState>
  readonly autoRenewExtension: BlockCount
}

/** A final batch and the id before it. */
export interface BatchSnapshot {
  readonly batch: BatchRecord
  readonly previousId: BatchId
}

interface Modules {
  readonly ledger: Ledger
  readonly fees: FeeRates
  readonly auction: Auction
  readonly ratings: NodeRatings
  readonly orders: OrderService
  readonly durations: DurationService
  readonly interest: OpenInterest
  readonly height: () => BlockHeight
}

/** Everything traders may ask without changing anything. */
export class Queries implements AccountDirectory {
  readonly #options: AuctioneerOptions
  readonly #modules: Modules

  constructor(options: AuctioneerOptions, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  /** From memory: stock traders probe the connection with it. */
  terms(): Terms {
    const { maxAccountValue, executionFee, confTarget, autoRenewExtension } = this.#options
    return {
      maxAccountValue,
      executionFee,
      nextBatchConfTarget: confTarget,
      nextBatchFeeRate: this.#modules.fees.current,
      nextBatchClearAt: this.#modules.auction.nextAt,
      buckets: this.#modules.durations.current,
      autoRenewExtension,
    }
  }

  find(key: AccountKey): ReturnType<AccountDirectory['find']> {
    const { ledger } = this.#modules
    const record = ledger.accounts.get(key)
    if (record !== undefined) return { kind: 'account', view: accountView(record, this.#modules.height()) }
    const reservation = ledger.reservations.get(key)
    return reservation === undefined ? undefined : { kind: 'reservation', view: reservationView(reservation) }
  }

  recovering(key: AccountKey): Promise<void> {
    return this.#modules.orders.cancelAll(key)
  }

  /** The newest final batch without an id. @throws AuctioneerError BATCH_NOT_FOUND */
  async batchSnapshot(id: BatchId | undefined): Promise<BatchSnapshot> {
    const { ledger } = this.#modules
    const wanted = id ?? ledger.auction.lastBatchId
    const batch = wanted === undefined ? undefined : await ledger.store.batch(wanted)
    if (batch === undefined || batch.state === 'void')
      throw new AuctioneerError({ code: 'BATCH_NOT_FOUND', batchId: id }, TEXT_NO_BATCH)
    return snapshot(batch)
  }

  /** Newest first; one for a count of 0. @throws AuctioneerError BATCH_NOT_FOUND for an unknown start, TOO_MANY_BATCHES */
  async batchSnapshots(start: BatchId | undefined, count: number): Promise<readonly BatchSnapshot[]> {
    if (count > MAX_BATCHES)
      throw new AuctioneerError(
        { code: 'TOO_MANY_BATCHES', limit: MAX_BATCHES },
        `at most ${MAX_BATCHES} batches at a time; go on from the prev_batch_id of the oldest`,
      )
    const { ledger } = this.#modules
    const from = start === undefined ? ledger.auction.batches : (await this.batchSnapshot(start)).batch.sequence
    const batches = await ledger.store.batches(from, Math.max(count, 1))
    return batches.filter(({ state }) => state !== 'void').map(snapshot)
  }

  /** The orders a batch matched, archived ones included. */
  async ordersOf(batch: BatchRecord): Promise<ReadonlyMap<OrderNonce, Order>> {
    const { ledger } = this.#modules
    const orders = new Map<OrderNonce, Order>()
    for (const nonce of batch.matches.flatMap(({ askNonce, bidNonce }) => [askNonce, bidNonce])) {
      const record = await ledger.store.order(nonce)
      if (record !== undefined) orders.set(nonce, record.order)
    }
    return orders
  }

  tiers(nodes: readonly NodeKey[]): readonly { readonly node: NodeKey; readonly tier: NodeTier }[] {
    return nodes.map((node) => ({ node, tier: this.#modules.ratings.tierOf(node) }))
  }

  markets(): ReadonlyMap<BlockCount, MarketCounts> {
    const { durations, interest } = this.#modules
    return new Map([...durations.current.keys()].map((duration) => [duration, interest.countsOf(duration)]))
  }
}

/** Ids count up by one point each, so the first batch has a previous id too. */
const snapshot = (batch: BatchRecord): BatchSnapshot => ({ batch, previousId: decrementBatchKey(batch.batchId) })

export function reservationView(reservation: Reservation): AuctionAccountView {
  return { ...reservation, state: 'pendingOpen', outpoint: undefined, latestTx: new Uint8Array() }
}
