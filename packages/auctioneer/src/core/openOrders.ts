import type { AccountKey, OrderNonce } from '@tidepool/crypto'
import type { OrderRecord } from './records.ts'
import type { OrderMarks, StoredOrders } from './storedOrders.ts'

export interface OrderArrival {
  readonly nonce: OrderNonce
  readonly arrival: number
}

/** The open orders: those that are as the start found them, and the records of those that came or changed since. */
export class OpenOrders implements ReadonlyMap<OrderNonce, OrderRecord> {
  readonly #stored: StoredOrders
  readonly #records = new Map<OrderNonce, OrderRecord>()
  /** Of the records. */
  readonly #byAccount = new Map<AccountKey, OrderNonce[]>()

  constructor(stored: StoredOrders) {
    this.#stored = stored
    for (const record of stored.others) this.#add(record)
  }

  get size(): number {
    return this.#stored.size + this.#records.size
  }

  has(nonce: OrderNonce): boolean {
    return this.#records.has(nonce) || this.#stored.find(nonce) !== undefined
  }

  get(nonce: OrderNonce): OrderRecord | undefined {
    const record = this.#records.get(nonce)
    if (record !== undefined) return record
    const place = this.#stored.find(nonce)
    return place === undefined ? undefined : this.#stored.read(place)
  }

  ofAccount(accountKey: AccountKey): readonly OrderRecord[] {
    const stored = [...this.#stored.places(accountKey)].map((place) => this.#stored.read(place))
    const nonces = this.#byAccount.get(accountKey) ?? []
    const since = nonces.map((nonce) => this.#records.get(nonce)).filter((record) => record !== undefined)
    return [...stored, ...since]
  }

  numOfAccount(accountKey: AccountKey): number {
    let count = this.#byAccount.get(accountKey)?.length ?? 0
    for (const _place of this.#stored.places(accountKey)) count += 1
    return count
  }

  /** Reads no order for it. */
  where(test: (order: OrderMarks) => boolean): readonly OrderNonce[] {
    const found: OrderNonce[] = []
    for (const place of this.#stored.places()) {
      if (test(this.#stored.marksAt(place))) found.push(this.#stored.nonceAt(place))
    }
    for (const [nonce, { order }] of this.#records) if (test(order)) found.push(nonce)
    return found
  }

  /** Reads no order either. One that changes meanwhile may come twice. */
  *arrivals(): Generator<OrderArrival, undefined> {
    const stored = this.#stored
    for (const place of stored.places()) yield { nonce: stored.nonceAt(place), arrival: stored.arrivalAt(place) }
    for (const [nonce, { arrival }] of this.#records) yield { nonce, arrival }
  }

  set(record: OrderRecord): void {
    const { nonce } = record.order
    this.#take(nonce)
    if (this.#records.has(nonce)) this.#records.set(nonce, record)
    else this.#add(record)
  }

  delete(nonce: OrderNonce): void {
    this.#take(nonce)
    const record = this.#records.get(nonce)
    if (record === undefined) return
    this.#records.delete(nonce)
    const { accountKey } = record.order
    const mine = this.#byAccount.get(accountKey) ?? []
    mine.splice(mine.indexOf(nonce), 1)
    if (mine.length === 0) this.#byAccount.delete(accountKey)
  }

  *values(): MapIterator<OrderRecord> {
    for (const place of this.#stored.places()) yield this.#stored.read(place)
    yield* this.#records.values()
  }

  *keys(): MapIterator<OrderNonce> {
    for (const place of this.#stored.places()) yield this.#stored.nonceAt(place)
    yield* this.#records.keys()
  }

  *entries(): MapIterator<[OrderNonce, OrderRecord]> {
    for (const record of this.values()) yield [record.order.nonce, record]
  }

  [Symbol.iterator](): MapIterator<[OrderNonce, OrderRecord]> {
    return this.entries()
  }

  forEach(tell: (record: OrderRecord, nonce: OrderNonce, all: ReadonlyMap<OrderNonce, OrderRecord>) => void): void {
    for (const record of this.values()) tell(record, record.order.nonce, this)
  }

  #take(nonce: OrderNonce): void {
    const place = this.#stored.find(nonce)
    if (place !== undefined) for (const record of this.#stored.take(place)) this.#add(record)
  }

  #add(record: OrderRecord): void {
    const { nonce, accountKey } = record.order
    this.#records.set(nonce, record)
    const mine = this.#byAccount.get(accountKey)
    if (mine === undefined) this.#byAccount.set(accountKey, [nonce])
    else mine.push(nonce)
  }
}
