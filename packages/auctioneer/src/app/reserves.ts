import type { AccountKey } from '@tidepool/crypto'
import { isArchived, reservedValue } from '@tidepool/market'
import type { AccountVersion, FeeSchedule } from '@tidepool/market'
import type { AccountRecord } from '../core/account.ts'
import type { OrderRecord } from '../core/records.ts'
import type { Ledger } from './ledger.ts'

interface Reserve {
  readonly version: AccountVersion
  value: bigint
}

/**
 * Satoshis that the open orders of an account may still cost. Added up when first asked for, then kept as orders come,
 * change and go: an account may have a thousand of them.
 */
export class Reserves {
  readonly #ledger: Ledger
  readonly #terms: FeeSchedule
  readonly #known = new Map<AccountKey, Reserve>()

  constructor(ledger: Ledger, terms: FeeSchedule) {
    this.#ledger = ledger
    this.#terms = terms
    ledger.onOrder((before, after) => this.#changed(before, after))
  }

  of({ account }: AccountRecord): bigint {
    const known = this.#known.get(account.key)
    if (known?.version === account.version) return known.value
    const orders = this.#ledger.ordersOf(account.key)
    const value = orders.reduce((sum, record) => sum + this.ofOrder(record, account.version), 0n)
    this.#known.set(account.key, { version: account.version, value })
    return value
  }

  ofOrder(record: OrderRecord, version: AccountVersion): bigint {
    return reservedValue(record, version, this.#terms)
  }

  #changed(before: OrderRecord | undefined, after: OrderRecord): void {
    const known = this.#known.get(after.order.accountKey)
    if (known === undefined) return
    if (before !== undefined) known.value -= this.ofOrder(before, known.version)
    if (!isArchived(after.state)) known.value += this.ofOrder(after, known.version)
  }
}
