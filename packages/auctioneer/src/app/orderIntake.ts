import type { AccountKey, OrderNonce, PubKey } from '@tidepool/crypto'
import {
  LATEST_BATCH_VERSION,
  OrderError,
  UNIT_SAT,
  checkOrderAccount,
  checkOrderFields,
  checkOrderFunds,
  checkOrderIdentity,
  checkOrderMarket,
  orderDigest,
  unitsOf,
} from '@tidepool/market'
import type { BatchVersion, Order, OrderAccount, OrderErrorDetail } from '@tidepool/market'
import { mayOrder } from '../core/account.ts'
import type { AccountRecord } from '../core/account.ts'
import { AuctioneerError } from '../core/errors.ts'
import type { OrderRecord } from '../core/records.ts'
import type { ChainWatcher } from '../ports/chain.ts'
import type { SignatureChecker } from '../ports/signatures.ts'
import type { Clock, Logger } from '../ports/system.ts'
import type { BanService } from './bans.ts'
import type { DurationService } from './durations.ts'
import type { Ledger } from './ledger.ts'
import type { AuctioneerOptions } from './options.ts'
import type { Reserves } from './reserves.ts'

const MAX_USER_AGENT = 255
const MAX_NODE_ADDRESSES = 32
/** Orders that may wait for their turn; with more the disk is behind by seconds. */
const MAX_WAITING = 20_000
/** Orders that share one write to disk. */
const MAX_GROUP = 512

export interface SubmitRequest {
  readonly order: Order
  /** DER over the digest. */
  readonly signature: Uint8Array
  readonly userAgent: string
}

interface Modules {
  readonly ledger: Ledger
  readonly reserves: Reserves
  readonly signatures: SignatureChecker
  readonly chain: ChainWatcher
  readonly clock: Clock
  readonly durations: DurationService
  readonly bans: BanService
  /** Batch version the account's live subscription announced. */
  readonly batchVersionOf: (key: AccountKey) => BatchVersion | undefined
  readonly logger: Logger
}

interface Waiting {
  readonly request: SubmitRequest
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Orders of a group that passed, not yet durable; the next ones are checked as if they were there. */
class Accepted {
  readonly records: OrderRecord[] = []
  readonly waiting: Waiting[] = []
  readonly nonces = new Set<OrderNonce>()
  readonly keys = new Set<PubKey>()
  readonly #byAccount = new Map<AccountKey, OrderRecord[]>()

  add(record: OrderRecord, waiting: Waiting): void {
    const { nonce, multiSigKey, accountKey } = record.order
    this.records.push(record)
    this.waiting.push(waiting)
    this.nonces.add(nonce)
    this.keys.add(multiSigKey)
    this.#byAccount.set(accountKey, [...(this.#byAccount.get(accountKey) ?? []), record])
  }

  of(key: AccountKey): readonly OrderRecord[] {
    return this.#byAccount.get(key) ?? []
  }
}

/**
 * Takes orders in: checks everything, stores, then answers. Orders that arrive while a write is under way are checked
 * one after another and share the next write, so that the disk does not set the pace.
 */
export class OrderIntake {
  readonly #options: AuctioneerOptions
  readonly #modules: Modules
  readonly #waiting: Waiting[] = []
  /** Orders not yet answered. */
  #unanswered = 0
  #draining = false

  constructor(options: AuctioneerOptions, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  /** @throws OrderError what the user can mend */
  async submit(request: SubmitRequest): Promise<void> {
    if (this.#unanswered >= MAX_WAITING) {
      throw new AuctioneerError({ code: 'ORDERS_WAITING', limit: MAX_WAITING }, 'too many orders wait: try again soon')
    }
    this.#checkAlone(request.order)
    this.#unanswered += 1
    try {
      await this.#checkSignature(request)
      await this.#queue(request)
    } finally {
      this.#unanswered -= 1
    }
  }

  /** For a known account only: others shall not cost the time that a signature takes. */
  async #checkSignature({ order, signature }: SubmitRequest): Promise<void> {
    const { ledger, signatures } = this.#modules
    if (ledger.openOrders.has(order.nonce)) throw nonceUsed(order)
    this.#account(order)
    if (await signatures.isValid({ digest: orderDigest(order), signature, key: order.accountKey })) return
    throw refuse({ code: 'ORDER_SIGNATURE_INVALID' }, "the signature is not the account's over this order")
  }

  #queue(request: SubmitRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject })
      if (!this.#draining) void this.#drain()
    })
  }

  /** What an order says without a look at the book. */
  #checkAlone(order: Order): void {
    const { batchVersionOf, durations } = this.#modules
    const batchVersion = batchVersionOf(order.accountKey) ?? LATEST_BATCH_VERSION
    checkOrderFields(order)
    checkOrderMarket(order, { buckets: durations.current, batchVersion })
    this.#checkCaps(order)
    checkOrderIdentity(order)
    if (order.kind === 'bid' && order.isSidecar) {
      throw new AuctioneerError({ code: 'NOT_OFFERED', what: 'sidecar' }, 'sidecar channels are not offered yet')
    }
  }

  #checkCaps(order: Order): void {
    const { orderAmount, channelCapacity } = this.#options.caps
    if (order.amount > orderAmount)
      throw beyond(`${orderAmount} sat per order`, `an order is for at most ${orderAmount}`)
    if (order.nodeAddresses.length > MAX_NODE_ADDRESSES)
      throw beyond(`${MAX_NODE_ADDRESSES} addresses`, `a node has at most ${MAX_NODE_ADDRESSES} addresses`)
    // A channel is never larger than its bid; an ask caps it by what it demands at least.
    const smallest = BigInt(order.minUnitsMatch) * UNIT_SAT
    const capacity = order.kind === 'bid' ? order.amount + order.selfChannelBalance : smallest
    if (capacity <= channelCapacity) return
    throw beyond(`${channelCapacity} sat per channel`, `a channel holds at most ${channelCapacity} sat`)
  }

  async #drain(): Promise<void> {
    const { ledger, logger } = this.#modules
    this.#draining = true
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MAX_GROUP)
      try {
        await ledger.exclusively(() => this.#take(group))
      } catch (error) {
        logger.error('orders could not be stored', { orders: group.length, error })
        for (const { reject } of group) reject(error)
      }
    }
    this.#draining = false
  }

  async #take(group: readonly Waiting[]): Promise<void> {
    const { ledger, logger } = this.#modules
    const used = await ledger.store.ordersBy(group.map(({ request }) => request.order.nonce))
    const accepted = new Accepted()
    for (const [i, one] of group.entries()) {
      try {
        accepted.add(this.#check(one.request, accepted, used[i] !== undefined), one)
      } catch (error) {
        one.reject(error)
      }
    }
    const { records, waiting } = accepted
    if (records.length === 0) return
    const { auction } = ledger
    await ledger.commit([
      { kind: 'auction', auction: { ...auction, nextArrival: auction.nextArrival + records.length } },
      ...records.map((record) => ({ kind: 'order', record }) as const),
    ])
    for (const { resolve } of waiting) resolve()
    logger.info('orders accepted', { orders: records.length })
  }

  #check(request: SubmitRequest, accepted: Accepted, used: boolean): OrderRecord {
    const { order, signature, userAgent } = request
    const { ledger, clock } = this.#modules
    if (used || ledger.openOrders.has(order.nonce) || accepted.nonces.has(order.nonce)) {
      throw nonceUsed(order)
    }
    // Since the signature was checked the account may have changed.
    const account = this.#account(order)
    this.#modules.bans.check(order)
    this.#checkRest(order, account, accepted)
    return {
      order,
      signature: Buffer.from(signature).toString('base64'),
      arrival: ledger.auction.nextArrival + accepted.records.length,
      state: 'submitted',
      unitsUnfulfilled: unitsOf(order.amount),
      terms: this.#options.executionFee,
      createdAtNs: BigInt(clock.now()) * 1_000_000n,
      userAgent: userAgent.slice(0, MAX_USER_AGENT),
    }
  }

  #account(order: Order): AccountRecord {
    const record = this.#modules.ledger.accounts.get(order.accountKey)
    if (record === undefined) throw refuse({ code: 'ORDER_ACCOUNT_UNKNOWN' }, 'no account has this key')
    checkOrderAccount(orderAccount(record), this.#modules.chain.bestHeight())
    return record
  }

  #checkRest(order: Order, record: AccountRecord, accepted: Accepted): void {
    const { ledger, reserves } = this.#modules
    if (ledger.usesFundingKey(order.multiSigKey) || accepted.keys.has(order.multiSigKey)) {
      throw refuse({ code: 'ORDER_FUNDING_KEY_USED' }, 'another open order uses this funding key')
    }
    const { ordersPerAccount } = this.#options.caps
    const ahead = accepted.of(order.accountKey)
    if (ledger.numOrdersOf(order.accountKey) + ahead.length >= ordersPerAccount) {
      throw beyond(`${ordersPerAccount} open orders per account`, `an account may have ${ordersPerAccount} open orders`)
    }
    const { version } = record.account
    const reserved = ahead.reduce((sum, one) => sum + reserves.ofOrder(one, version), reserves.of(record))
    checkOrderFunds(order, { account: orderAccount(record), reserved, terms: this.#options.executionFee })
  }
}

function orderAccount(record: AccountRecord): OrderAccount {
  const { value, version, expiry } = record.account
  return { value, version, expiry, state: record.state.kind, acceptsOrders: mayOrder(record.state) }
}

const nonceUsed = ({ nonce }: Order): OrderError =>
  refuse({ code: 'ORDER_NONCE_USED', nonce }, 'this order nonce was used before')

const beyond = (limit: string, message: string): OrderError => refuse({ code: 'ORDER_LIMIT_REACHED', limit }, message)

function refuse(detail: OrderErrorDetail, message: string): OrderError {
  return new OrderError(detail, message)
}
