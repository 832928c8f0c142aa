import type { AccountKey, BlockHeight, OrderNonce } from '@tidepool/crypto'
import { OrderError, isArchived, nonceFromPreimage } from '@tidepool/market'
import type { OrderErrorDetail } from '@tidepool/market'
import type { AccountRecord } from '../core/account.ts'
import { TEXT_NO_ORDER } from '../core/errors.ts'
import type { OrderRecord } from '../core/records.ts'
import type { Logger } from '../ports/system.ts'
import type { Ledger } from './ledger.ts'
import type { AuctioneerOptions } from './options.ts'
import type { ProposalGuard } from './proposalGuard.ts'
import type { Reserves } from './reserves.ts'
import type { OrderIntake, SubmitRequest } from './orderIntake.ts'

export type { SubmitRequest } from './orderIntake.ts'

interface Modules {
  readonly ledger: Ledger
  readonly guard: ProposalGuard
  readonly intake: OrderIntake
  readonly reserves: Reserves
  readonly logger: Logger
}

/** The order book's front desk. */
export class OrderService {
  readonly #options: AuctioneerOptions
  readonly #modules: Modules

  constructor(options: AuctioneerOptions, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  /** Checks everything, stores, then answers. @throws OrderError what the user can mend */
  submit(request: SubmitRequest): Promise<void> {
    return this.#modules.intake.submit(request)
  }

  /** Knowing the preimage is the permission. Repeating it succeeds. @throws OrderError */
  async cancel(preimage: Uint8Array): Promise<void> {
    const { ledger, guard, logger } = this.#modules
    const nonce = nonceFromPreimage(preimage)
    await ledger.exclusively(async () => {
      const record = await this.#find(nonce)
      if (record.state === 'canceled') return
      if (isArchived(record.state)) throw refuse({ code: 'ORDER_ARCHIVED', nonce }, `the order is ${record.state}`)
      if (guard.isBeingSigned(nonce)) {
        const retryAfterSeconds = Math.ceil(this.#options.stepTimeoutMs / 1000)
        throw refuse(
          { code: 'ORDER_IN_BATCH', nonce, retryAfterSeconds },
          `the order is in a batch being signed: try again in ${retryAfterSeconds} seconds`,
        )
      }
      await ledger.commit([{ kind: 'order', record: { ...record, state: 'canceled' } }])
      guard.bookChanged('order canceled', [nonce])
    })
    logger.info('order canceled', { nonce })
  }

  /** A recovering trader has lost its orders. Those being signed stay: they may be filled already. */
  async cancelAll(accountKey: AccountKey): Promise<void> {
    const { ledger, guard } = this.#modules
    await ledger.exclusively(async () => {
      const open = ledger.ordersOf(accountKey).filter(({ order }) => !guard.isBeingSigned(order.nonce))
      if (open.length === 0) return
      await ledger.commit(open.map((record) => ({ kind: 'order', record: { ...record, state: 'canceled' } })))
      guard.bookChanged(
        'account recovered',
        open.map(({ order }) => order.nonce),
      )
    })
  }

  /**
   * An order lives no longer than its account. One being signed may be filled yet, one whose account is being changed
   * may have a later expiry soon: both are looked at again with the next block.
   */
  async expire(height: BlockHeight): Promise<void> {
    const { ledger, guard, logger } = this.#modules
    await ledger.exclusively(async () => {
      const over = [...ledger.accounts.values()].filter(
        ({ account, state }) => account.expiry <= height && state.kind !== 'changeSigned',
      )
      const due = over
        .flatMap(({ account }) => ledger.ordersOf(account.key))
        .filter(({ order }) => !guard.isBeingSigned(order.nonce))
      if (due.length === 0) return
      await ledger.commit(due.map((record) => ({ kind: 'order', record: { ...record, state: 'expired' } })))
      guard.bookChanged(
        'account expired',
        due.map(({ order }) => order.nonce),
      )
      logger.info('orders expired with their accounts', { orders: due.length, height })
    })
  }

  /** Archived orders are known for ever. @throws OrderError ORDER_NOT_FOUND */
  async state(nonce: OrderNonce): Promise<OrderRecord> {
    return this.#find(nonce)
  }

  /** Satoshis the open orders of an account may still cost. */
  reserved(record: AccountRecord): bigint {
    return this.#modules.reserves.of(record)
  }

  async #find(nonce: OrderNonce): Promise<OrderRecord> {
    const { ledger } = this.#modules
    const record = ledger.openOrders.get(nonce) ?? (await ledger.store.order(nonce))
    if (record === undefined) throw refuse({ code: 'ORDER_NOT_FOUND', nonce }, TEXT_NO_ORDER)
    return record
  }
}

function refuse(detail: OrderErrorDetail, message: string): OrderError {
  return new OrderError(detail, message)
}
