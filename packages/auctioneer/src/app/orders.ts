import { verifyMessage } from '@tidepool/crypto'
import type { AccountKey, OrderNonce } from '@tidepool/crypto'
import {
  LATEST_BATCH_VERSION,
  OrderError,
  checkOrderAccount,
  checkOrderFields,
  checkOrderFunds,
  checkOrderIdentity,
  checkOrderMarket,
  isArchived,
  nonceFromPreimage,
  orderDigest,
  totalReserved,
  unitsOf,
} from '@tidepool/market'
import type { BatchVersion, Order, OrderAccount, OrderErrorDetail } from '@tidepool/market'
import { mayOrder } from '../core/account.ts'
import type { AccountRecord } from '../core/account.ts'
import { AuctioneerError, TEXT_NO_ORDER } from '../core/errors.ts'
import type { OrderRecord } from '../core/records.ts'
import type { ChainWatcher } from '../ports/chain.ts'
import type { Clock, Logger } from '../ports/system.ts'
import type { BookListener } from './accountLifecycle.ts'
import type { Ledger } from './ledger.ts'
import type { AuctioneerOptions } from './options.ts'

/** Open orders one account may have. */
const MAX_OPEN_ORDERS_PER_ACCOUNT = 1000
const MAX_USER_AGENT = 255

export interface SubmitRequest {
  readonly order: Order
  /** DER over the digest. */
  readonly signature: Uint8Array
  readonly userAgent: string
}

/** What an execution has to say about orders in its proposal. */
export interface ProposalGuard extends BookListener {
  /** True from the sign step on for orders of the current proposal. */
  isBeingSigned(nonce: OrderNonce): boolean
}

interface Modules {
  readonly ledger: Ledger
  readonly chain: ChainWatcher
  readonly clock: Clock
  readonly guard: ProposalGuard
  /** Batch version the account's live subscription announced. */
  readonly batchVersionOf: (key: AccountKey) => BatchVersion | undefined
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
  async submit(request: SubmitRequest): Promise<void> {
    const { order } = request
    const { ledger, clock, logger } = this.#modules
    const batchVersion = this.#modules.batchVersionOf(order.accountKey) ?? LATEST_BATCH_VERSION
    checkOrderFields(order)
    checkOrderMarket(order, { buckets: this.#options.buckets, batchVersion })
    checkOrderIdentity(order)
    if (order.kind === 'bid' && order.isSidecar) {
      throw new AuctioneerError({ code: 'NOT_OFFERED', what: 'sidecar' }, 'sidecar channels are not offered yet')
    }
    await ledger.exclusively(async () => {
      await this.#checkNonce(order.nonce)
      const account = this.#checkAccount(order)
      checkSignature(request)
      this.#checkRest(order, account)
      const { auction } = ledger
      const record: OrderRecord = {
        order,
        signature: request.signature,
        arrival: auction.nextArrival,
        state: 'submitted',
        unitsUnfulfilled: unitsOf(order.amount),
        terms: this.#options.executionFee,
        createdAtNs: BigInt(clock.now()) * 1_000_000n,
        userAgent: request.userAgent.slice(0, MAX_USER_AGENT),
      }
      await ledger.commit([
        { kind: 'auction', auction: { ...auction, nextArrival: auction.nextArrival + 1 } },
        { kind: 'order', record },
      ])
    })
    logger.info('order accepted', { nonce: order.nonce, kind: order.kind, accountKey: order.accountKey })
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
        throw refuse({ code: 'ORDER_IN_BATCH', nonce }, 'the order is in a batch being signed: try again shortly')
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

  /** Archived orders are known for ever. @throws OrderError ORDER_NOT_FOUND */
  async state(nonce: OrderNonce): Promise<OrderRecord> {
    return this.#find(nonce)
  }

  /** Satoshis the open orders of an account may still cost. */
  reserved(record: AccountRecord): bigint {
    const { account } = record
    return totalReserved(this.#modules.ledger.ordersOf(account.key), account.version, this.#options.executionFee)
  }

  async #find(nonce: OrderNonce): Promise<OrderRecord> {
    const { ledger } = this.#modules
    const record = ledger.openOrders.get(nonce) ?? (await ledger.store.order(nonce))
    if (record === undefined) throw refuse({ code: 'ORDER_NOT_FOUND', nonce }, TEXT_NO_ORDER)
    return record
  }

  async #checkNonce(nonce: OrderNonce): Promise<void> {
    const { ledger } = this.#modules
    const used = ledger.openOrders.has(nonce) || (await ledger.store.order(nonce)) !== undefined
    if (used) throw refuse({ code: 'ORDER_NONCE_USED', nonce }, 'this order nonce was used before')
  }

  #checkAccount(order: Order): AccountRecord {
    const record = this.#modules.ledger.accounts.get(order.accountKey)
    if (record === undefined) throw refuse({ code: 'ORDER_ACCOUNT_UNKNOWN' }, 'no account has this key')
    checkOrderAccount(orderAccount(record), this.#modules.chain.bestHeight())
    return record
  }

  #checkRest(order: Order, record: AccountRecord): void {
    const { ledger } = this.#modules
    for (const other of ledger.openOrders.values()) {
      if (other.order.multiSigKey === order.multiSigKey) {
        throw refuse({ code: 'ORDER_FUNDING_KEY_USED' }, 'another open order uses this funding key')
      }
    }
    if (ledger.ordersOf(order.accountKey).length >= MAX_OPEN_ORDERS_PER_ACCOUNT) {
      throw refuse(
        { code: 'ORDER_LIMIT_REACHED', limit: `${MAX_OPEN_ORDERS_PER_ACCOUNT} open orders per account` },
        `an account may have ${MAX_OPEN_ORDERS_PER_ACCOUNT} open orders`,
      )
    }
    checkOrderFunds(order, {
      account: orderAccount(record),
      reserved: this.reserved(record),
      terms: this.#options.executionFee,
    })
  }
}

function orderAccount(record: AccountRecord): OrderAccount {
  const { value, version, expiry } = record.account
  return { value, version, expiry, state: record.state.kind, acceptsOrders: mayOrder(record.state) }
}

function checkSignature({ order, signature }: SubmitRequest): void {
  if (verifyMessage(orderDigest(order), signature, order.accountKey)) return
  throw refuse({ code: 'ORDER_SIGNATURE_INVALID' }, "the signature is not the account's over this order")
}

function refuse(detail: OrderErrorDetail, message: string): OrderError {
  return new OrderError(detail, message)
}
