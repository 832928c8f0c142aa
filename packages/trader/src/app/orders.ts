import { verifyMessage } from '@tidepool/crypto'
import type { AccountKey, NodeKey, OrderNonce } from '@tidepool/crypto'
import {
  OrderError,
  checkOrderNode,
  nonceFromPreimage,
  orderDigest,
  totalReserved,
  unitsOf,
  validateOrder,
} from '@tidepool/market'
import type { BatchVersion, FeeSchedule, NodeAddress, Order } from '@tidepool/market'
import { ACCOUNT_KEY_FAMILY, acceptsOrders } from '../core/account.ts'
import type { TraderAccount } from '../core/account.ts'
import { TraderError, reasonOf } from '../core/errors.ts'
import { completeOrder } from '../core/orderDraft.ts'
import type { OrderDraft } from '../core/orderDraft.ts'
import { FUNDING_KEY_FAMILY, inState, isOpenOrder } from '../core/orderRecord.ts'
import type { OrderRecord } from '../core/orderRecord.ts'
import type { AuctionTerms, Auctioneer, RemoteOrderState } from '../ports/auctioneer.ts'
import type { Clock, RandomBytes } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { OwnKey, Wallet } from '../ports/wallet.ts'
import type { HeightWatch } from './height.ts'
import type { Ledger } from './ledger.ts'

export interface OrderOptions {
  readonly batchVersion: BatchVersion
  readonly nodeKey: NodeKey
  readonly nodeAddresses: readonly NodeAddress[]
  readonly wumbo: boolean
  readonly simpleTaproot: boolean
  readonly maxExecutionFee: FeeSchedule
}

export interface OrderModules {
  readonly ledger: Ledger
  readonly auctioneer: Auctioneer
  readonly wallet: Wallet
  readonly height: Pick<HeightWatch, 'best'>
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
}

export type Submitted =
  | { readonly kind: 'accepted'; readonly nonce: OrderNonce }
  | { readonly kind: 'invalid'; readonly nonce: OrderNonce; readonly reason: string }

/** Submits, cancels and reconciles orders. Pool order/manager.go, rpcserver.go */
export class Orders {
  readonly #options: OrderOptions
  readonly #modules: OrderModules
  #submitting: Promise<unknown> = Promise.resolve()
  /** Sent, or its cancel was, and no answer came. */
  readonly #doubtful = new Set<OrderNonce>()

  constructor(options: OrderOptions, modules: OrderModules) {
    this.#options = options
    this.#modules = modules
  }

  /** Checks, signs, stores, then sends; one at a time, so that two orders never count on the same coins. */
  submit(draft: OrderDraft, userAgent: string): Promise<Submitted> {
    const done = this.#submitting.then(() => this.#submit(draft, userAgent))
    this.#submitting = done.catch(() => undefined)
    return done
  }

  /** Shows the auctioneer the preimage; an order already canceled is fine. */
  async cancel(nonce: OrderNonce): Promise<void> {
    const { ledger, auctioneer } = this.#modules
    const record = ledger.orders.get(nonce)
    if (record === undefined) throw new OrderError({ code: 'ORDER_NOT_FOUND', nonce }, 'no order found')
    if (record.state === 'canceled') return
    if (!isOpenOrder(record)) {
      throw new OrderError({ code: 'ORDER_ARCHIVED', nonce }, `the order is ${record.state}: nothing left to cancel`)
    }
    if (record.preimage === undefined) {
      throw new TraderError(
        { code: 'ORDER_WITHOUT_PREIMAGE', nonce },
        'the order was submitted with a nonce of your own and cannot be canceled',
      )
    }
    try {
      await auctioneer.cancelOrder(record.preimage)
    } catch (error) {
      // It may have ended there already, with its account or by the operator, or just now, and the answer was lost.
      if ((await this.#asked(record))?.state === 'canceled') return
      throw error
    }
    await this.#setState(nonce, 'canceled')
  }

  /** What the auctioneer says of every open order counts; asked at a start, before anything new is submitted. */
  synchronise(): Promise<void> {
    return this.#compareAll(() => true)
  }

  /**
   * A block may have ended an account, and the orders with it; and an answer that never came may be had now. Failures
   * are left for the next block.
   */
  async blockSeen(): Promise<void> {
    const { ledger, logger } = this.#modules
    const stranded = ({ order }: OrderRecord): boolean => {
      const account = ledger.accounts.get(order.accountKey)
      return this.#doubtful.has(order.nonce) || account === undefined || !acceptsOrders(account)
    }
    if (![...ledger.orders.values()].some((record) => isOpenOrder(record) && stranded(record))) return
    try {
      await this.#compareAll(stranded)
    } catch (error) {
      logger.debug('orders without account not compared', { reason: reasonOf(error) })
    }
  }

  /** Never while an order is on its way: the auctioneer would not know it yet. */
  #compareAll(which: (record: OrderRecord) => boolean): Promise<void> {
    const done = this.#submitting.then(async () => {
      const open = [...this.#modules.ledger.orders.values()].filter(isOpenOrder)
      for (const record of open.filter(which)) await this.#compare(record)
    })
    this.#submitting = done.catch(() => undefined)
    return done
  }

  /** Unknown orders have failed; what ended there without a fill ends here too. Fills come with batches only. */
  async #compare(record: OrderRecord): Promise<RemoteOrderState | undefined> {
    const { nonce } = record.order
    const remote = await this.#modules.auctioneer.orderState(nonce)
    this.#doubtful.delete(nonce)
    if (remote === undefined) await this.#setState(nonce, 'failed')
    else if (remote.state === 'canceled' || remote.state === 'expired' || remote.state === 'failed') {
      await this.#setState(nonce, remote.state)
    } else if (remote.state !== record.state || remote.unitsUnfulfilled !== record.unitsUnfulfilled) {
      this.#differs(record, remote)
    }
    return remote
  }

  /** Fills come with batches we signed; one of which we have yet to learn that it is final may be ahead of our record. */
  #differs(record: OrderRecord, remote: RemoteOrderState): void {
    const { ledger, logger } = this.#modules
    const { nonce } = record.order
    const facts = { nonce, here: record.state, there: remote.state }
    const units = { unitsHere: record.unitsUnfulfilled, unitsThere: remote.unitsUnfulfilled }
    if (ledger.staged?.fills.some((fill) => fill.nonce === nonce) === true) {
      logger.info('order is filled at the auctioneer', { ...facts, ...units })
      return
    }
    const codes = ['ORDER_STATE_DIFFERS']
    logger.warn('the auctioneer tells another state of an order: ours counts', { codes, ...facts, ...units })
  }

  async #submit(draft: OrderDraft, userAgent: string): Promise<Submitted> {
    const { auctioneer, ledger, wallet, clock } = this.#modules
    const terms = await auctioneer.terms()
    this.#checkFee(terms.executionFee)
    const account = this.#account(draft.accountKey)
    const preimage = draft.nonce === undefined ? this.#modules.random(32) : undefined
    const nonce = draft.nonce ?? nonceFromPreimage(preimage ?? new Uint8Array())
    if (ledger.orders.has(nonce)) throw new OrderError({ code: 'ORDER_NONCE_USED', nonce }, 'this nonce has been used')
    const { nodeKey, nodeAddresses } = this.#options
    // Checked before a funding key is used up: the account's key stands in, no rule looks at it.
    this.#validate(completeOrder(draft, { nonce, multiSigKey: account.key, nodeKey, nodeAddresses }), account, terms)
    const fundingKey = await wallet.nextKey(FUNDING_KEY_FAMILY)
    const order = completeOrder(draft, { nonce, multiSigKey: fundingKey.key, nodeKey, nodeAddresses })
    const signature = await this.#sign(order, account)
    const record = this.#record(order, preimage, fundingKey, terms)
    await ledger.commit({ kind: 'order', record: { ...record, events: [{ kind: 'created', at: clock.now() }] } })
    return this.#send(order, signature, userAgent)
  }

  async #send(order: Order, signature: Uint8Array, userAgent: string): Promise<Submitted> {
    const { nonce } = order
    try {
      const outcome = await this.#modules.auctioneer.submitOrder(order, signature, userAgent)
      if (outcome.kind === 'accepted') {
        this.#modules.logger.info('order submitted', { nonce, kind: order.kind, amount: order.amount })
        return { kind: 'accepted', nonce }
      }
      await this.#setState(nonce, 'failed')
      return { kind: 'invalid', nonce, reason: outcome.reason }
    } catch (error) {
      this.#modules.logger.warn('order not submitted', { nonce, reason: reasonOf(error) })
      if (await this.#arrived(nonce)) return { kind: 'accepted', nonce }
      throw error
    }
  }

  /** The answer may be lost, not the order. When not even that can be asked, the order stays open until it can. */
  async #arrived(nonce: OrderNonce): Promise<boolean> {
    const record = this.#modules.ledger.orders.get(nonce)
    return record !== undefined && (await this.#asked(record)) !== undefined
  }

  /** Compared at once; when that cannot be, with the next block. */
  async #asked(record: OrderRecord): Promise<RemoteOrderState | undefined> {
    try {
      return await this.#compare(record)
    } catch {
      this.#doubtful.add(record.order.nonce)
      return undefined
    }
  }

  /** The terms at its submission bind an order, so they are the owner's to limit. @throws TraderError EXECUTION_FEE_TOO_HIGH */
  #checkFee({ baseFee, feeRatePpm }: FeeSchedule): void {
    const { maxExecutionFee: most } = this.#options
    if (baseFee <= most.baseFee && feeRatePpm <= most.feeRatePpm) return
    const fee = `${baseFee} sat and ${feeRatePpm} ppm`
    throw new TraderError(
      { code: 'EXECUTION_FEE_TOO_HIGH', baseFee: String(baseFee), feeRatePpm: String(feeRatePpm) },
      `the auctioneer asks ${fee} for each match, more than --order.max-base-fee and --order.max-fee-ppm allow`,
    )
  }

  /** @throws OrderError */
  #validate(order: Order, account: TraderAccount, terms: AuctionTerms): void {
    const { ledger, height } = this.#modules
    const others = [...ledger.orders.values()].filter((record) => record.order.accountKey === account.key)
    const { value, version, expiry, kind: state } = account
    validateOrder(order, {
      buckets: terms.buckets,
      batchVersion: this.#options.batchVersion,
      bestHeight: height.best,
      account: { value, version, expiry, state, acceptsOrders: acceptsOrders(account) },
      reserved: totalReserved(others, version, terms.executionFee),
      terms: terms.executionFee,
    })
    checkOrderNode(order, this.#options)
  }

  /** Verified here too: lnd signs with another key, without a word, when it does not know the one asked for. */
  async #sign(order: Order, account: TraderAccount): Promise<Uint8Array> {
    const digest = orderDigest(order)
    const locator = { family: ACCOUNT_KEY_FAMILY, index: account.keyIndex }
    const signature = await this.#modules.wallet.signMessage(locator, digest)
    if (verifyMessage(digest, signature, account.key)) return signature
    throw new TraderError(
      { code: 'SIGNATURE_INVALID', account: account.key },
      'lnd does not hold the key of this account',
    )
  }

  #record(order: Order, preimage: Uint8Array | undefined, fundingKey: OwnKey, terms: AuctionTerms): OrderRecord {
    return {
      order,
      state: 'submitted',
      unitsUnfulfilled: unitsOf(order.amount),
      preimage,
      fundingKeyIndex: fundingKey.index,
      terms: terms.executionFee,
      sequence: this.#modules.ledger.orders.size,
      events: [],
    }
  }

  async #setState(nonce: OrderNonce, state: 'failed' | 'canceled' | 'expired'): Promise<void> {
    const { ledger, clock } = this.#modules
    await ledger.update(() => {
      const record = ledger.orders.get(nonce)
      const changes =
        record !== undefined && isOpenOrder(record)
          ? [{ kind: 'order', record: inState(record, state, clock.now()) } as const]
          : []
      return { changes, result: undefined }
    })
  }

  #account(key: AccountKey): TraderAccount {
    const account = this.#modules.ledger.accounts.get(key)
    if (account !== undefined) return account
    throw new TraderError({ code: 'TRADER_ACCOUNT_UNKNOWN', account: key }, 'account not found')
  }
}
