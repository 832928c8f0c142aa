import type { OrderNonce } from '@tidepool/crypto'
import { isOpenOrder } from '../core/orderRecord.ts'
import type { OrderRecord } from '../core/orderRecord.ts'
import { reasonOf } from '../core/errors.ts'
import type { Auctioneer } from '../ports/auctioneer.ts'
import type { Logger } from '../ports/logger.ts'
import type { Outage } from './connection.ts'
import type { Ledger } from './ledger.ts'

/** What an outage cost. */
export interface Missed {
  readonly outage: Outage
  /** Batches that were made meanwhile; undefined when the auctioneer did not tell. */
  readonly batches: number | undefined
  /** Orders that were open while one of them was made, and could not take part. */
  readonly orders: readonly OrderNonce[]
}

interface Modules {
  readonly auctioneer: Pick<Auctioneer, 'batchTimes'>
  readonly ledger: Ledger
  readonly logger: Logger
}

/** Finds out, once the auctioneer is back, what happened without us. */
export class MissedBatches {
  readonly #modules: Modules
  #last: Missed | undefined

  constructor(modules: Modules) {
    this.#modules = modules
  }

  /** Of the last outage that is over. */
  get last(): Missed | undefined {
    return this.#last
  }

  async lookUp(outage: Outage): Promise<void> {
    const { auctioneer, ledger, logger } = this.#modules
    const open = [...ledger.orders.values()].filter(isOpenOrder)
    const seconds = Number((outage.toNs - outage.fromNs) / 1_000_000_000n)
    try {
      const during = (await auctioneer.batchTimes()).filter((at) => at >= outage.fromNs && at <= outage.toNs)
      const orders = open.filter((order) => during.some((at) => at > createdAt(order))).map(({ order }) => order.nonce)
      this.#last = { outage, batches: during.length, orders }
      if (during.length === 0) return
      logger.warn('batches were made while offline', { seconds, batches: during.length, orders: orders.length })
    } catch (error) {
      this.#last = { outage, batches: undefined, orders: [] }
      logger.warn('not known which batches were missed', { seconds, reason: reasonOf(error) })
    }
  }
}

const createdAt = ({ events }: OrderRecord): bigint => events[0]?.at ?? 0n
