import type { AccountKey } from '@tidepool/crypto'
import type { AccountRecord, Reservation } from '../core/account.ts'
import { explainAccount } from '../core/accountHistory.ts'
import type { AccountStep } from '../core/accountHistory.ts'
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
    const orders = await this.orders(false, accountKey)
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

  /** In order of arrival. */
  async orders(archived: boolean, accountKey: AccountKey | undefined): Promise<readonly AdminOrder[]> {
    const { ledger } = this.#auctioneer
    const wanted = archived ? await ledger.store.orders(accountKey) : this.#openOrders(accountKey)
    const verdicts = await ledger.verdicts(wanted.map(({ order }) => order.nonce))
    return wanted.map((record) => {
      const code = verdicts.get(record.order.nonce)?.latest.code ?? ''
      return { record, resting: code === 'matched' ? '' : code }
    })
  }

  #openOrders(accountKey: AccountKey | undefined): readonly OrderRecord[] {
    const { ledger } = this.#auctioneer
    const open = accountKey === undefined ? [...ledger.openOrders.values()] : ledger.ordersOf(accountKey)
    return open.toSorted((a, b) => a.arrival - b.arrival)
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
