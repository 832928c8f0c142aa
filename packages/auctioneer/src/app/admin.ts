import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AccountKey } from '@tidepool/crypto'
import type { AccountRecord, Reservation } from '../core/account.ts'
import { explainAccount } from '../core/accountHistory.ts'
import type { AccountStep } from '../core/accountHistory.ts'
import { Newest } from '../core/newest.ts'
import type { OrderArrival } from '../core/openOrders.ts'
import type { BatchRecord, OrderRecord, RunRecord } from '../core/records.ts'
import { AuctioneerError, TEXT_NO_BATCH } from '../core/errors.ts'
import type { Auctioneer } from './auctioneer.ts'

/** An account with what only the operator sees. */
export interface AdminAccount {
  readonly record: AccountRecord
  readonly subscribed: boolean
  readonly batchVersion: number
  readonly reserved: bigint
}

export interface AdminOrder {
  readonly record: OrderRecord
  /** Why it rested in the last auction; empty when it did not. */
  readonly resting: string
}

/** An account with all that is known of it. */
export interface AccountLife extends AdminAccount {
  readonly why: string
  readonly steps: readonly AccountStep[]
  readonly orders: readonly AdminOrder[]
}

export interface WantedOrders {
  readonly archived: boolean
  readonly accountKey?: AccountKey | undefined
  /** 0 for the default. */
  readonly limit: number
}

export interface AdminOrders {
  readonly orders: readonly AdminOrder[]
  /** Of all that were asked for, listed or not. */
  readonly total: number
}

const DEFAULT_ORDERS = 1000
/** With more of them the answer would be larger than a client takes. */
const MAX_ORDERS = 10_000
/** Orders looked at in one turn of the loop. */
const PART = 10_000
const DEFAULT_LIMIT = 20
const MAX_LIMIT = 1000

/** The operator's view. Changes nothing. */
export class AdminQueries {
  readonly #auctioneer: Auctioneer

  constructor(auctioneer: Auctioneer) {
    this.#auctioneer = auctioneer
  }

  accounts(activeOnly: boolean): readonly AdminAccount[] {
    const { ledger } = this.#auctioneer
    return [...ledger.accounts.values()]
      .filter(({ state }) => !activeOnly || state.kind !== 'closed')
      .toSorted((a, b) => (a.account.key < b.account.key ? -1 : 1))
      .map((record) => this.#view(record))
  }

  /** @throws AuctioneerError ACCOUNT_NOT_FOUND */
  async account(accountKey: AccountKey): Promise<AccountLife> {
    const { ledger, height } = this.#auctioneer
    const record = ledger.accounts.get(accountKey)
    if (record === undefined) {
      throw new AuctioneerError({ code: 'ACCOUNT_NOT_FOUND', accountKey }, 'no account has this key')
    }
    const view = this.#view(record)
    const steps = await ledger.store.accountSteps(accountKey)
    const orders = await this.#withReasons(ledger.ordersOf(accountKey))
    return { ...view, steps, orders, why: explainAccount(record, height, view.subscribed) }
  }

  #view(record: AccountRecord): AdminAccount {
    const { registry, orders } = this.#auctioneer
    const { key } = record.account
    return {
      record,
      subscribed: registry.sessionOf(key) !== undefined,
      batchVersion: registry.batchVersionOf(key) ?? 0,
      reserved: orders.reserved(record),
    }
  }

  reservations(): readonly Reservation[] {
    return [...this.#auctioneer.ledger.reservations.values()]
  }

  /** The newest ones, in order of arrival. */
  async orders({ archived, accountKey, limit }: WantedOrders): Promise<AdminOrders> {
    const { ledger } = this.#auctioneer
    const most = Math.min(limit === 0 ? DEFAULT_ORDERS : limit, MAX_ORDERS)
    if (!archived && accountKey === undefined) return this.#newestOpen(most)
    const newest = new Newest<OrderRecord>(most)
    const open = accountKey === undefined ? [] : ledger.ordersOf(accountKey)
    for (const record of archived ? await ledger.store.orders(accountKey) : open) newest.add(record)
    return { orders: await this.#withReasons(newest.orders), total: newest.seen }
  }

  async #withReasons(records: readonly OrderRecord[]): Promise<readonly AdminOrder[]> {
    const verdicts = await this.#auctioneer.ledger.verdicts(records.map(({ order }) => order.nonce))
    return records.map((record) => {
      const code = verdicts.get(record.order.nonce)?.latest.code ?? ''
      return { record, resting: code === 'matched' ? '' : code }
    })
  }

  /** A whole book is looked through in parts, so that streams stay alive. */
  async #newestOpen(most: number): Promise<AdminOrders> {
    const { openOrders } = this.#auctioneer.ledger
    const newest = new Newest<OrderArrival>(most)
    for (const order of openOrders.arrivals()) {
      newest.add(order)
      if (newest.seen % PART === 0) await nextTurn()
    }
    // One that changed meanwhile came twice; one that ended is no longer there.
    const nonces = new Set(newest.orders.map(({ nonce }) => nonce))
    const records = [...nonces].map((nonce) => openOrders.get(nonce)).filter((record) => record !== undefined)
    return { orders: await this.#withReasons(records), total: openOrders.size }
  }

  batches(limit: number): Promise<readonly BatchRecord[]> {
    const { ledger } = this.#auctioneer
    return ledger.store.batches(ledger.auction.batches, bounded(limit))
  }

  /** @throws AuctioneerError BATCH_NOT_FOUND */
  async batch(id: BatchRecord['batchId'] | undefined): Promise<BatchRecord> {
    const { ledger } = this.#auctioneer
    const wanted = id ?? ledger.auction.lastBatchId
    const record = wanted === undefined ? undefined : await ledger.store.batch(wanted)
    if (record === undefined) throw new AuctioneerError({ code: 'BATCH_NOT_FOUND', batchId: id }, TEXT_NO_BATCH)
    return record
  }

  runs(limit: number): Promise<readonly RunRecord[]> {
    return this.#auctioneer.ledger.store.runs(bounded(limit))
  }
}

const bounded = (limit: number): number => Math.min(limit === 0 ? DEFAULT_LIMIT : limit, MAX_LIMIT)
