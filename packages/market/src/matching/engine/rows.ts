import type { BookOrder } from '../../book.ts'
import { INACTIVE } from './traits.ts'

/** Columns that every order has, one number each. */
const NAMES = ['rate', 'left', 'min', 'need', 'balance', 'account', 'node', 'list', 'maxFeeRate', 'traits'] as const

/** One order as numbers. */
export type Row = Record<(typeof NAMES)[number], number>

/** What changes of an order while it is open. */
export interface Standing {
  readonly left: number
  readonly need: number
  readonly isActive: boolean
}

/**
 * Orders of one side as columns, an order per row. `min`: the order's own minimum. `need`: what a bid takes at least
 * at once, all of it for whole fills. `balance`: units of self channel balance, outbound only.
 */
export class Rows<E extends BookOrder = BookOrder> {
  length = 0
  #entries: E[] = []
  #isShared = false
  rate: Uint32Array
  left: Uint32Array
  min: Uint32Array
  need: Uint32Array
  balance: Uint32Array
  account: Uint32Array
  node: Uint32Array
  list: Uint32Array
  maxFeeRate: Uint32Array
  traits: Uint32Array

  constructor(capacity: number) {
    this.rate = new Uint32Array(capacity)
    this.left = new Uint32Array(capacity)
    this.min = new Uint32Array(capacity)
    this.need = new Uint32Array(capacity)
    this.balance = new Uint32Array(capacity)
    this.account = new Uint32Array(capacity)
    this.node = new Uint32Array(capacity)
    this.list = new Uint32Array(capacity)
    this.maxFeeRate = new Uint32Array(capacity)
    this.traits = new Uint32Array(capacity)
  }

  push(entry: E, row: Row): void {
    if (this.length === this.rate.length) this.#grow()
    this.#entries.push(entry)
    this.length += 1
    this.#write(this.length - 1, row)
  }

  get entries(): readonly E[] {
    return this.#entries
  }

  /** The entries as they are now, whatever happens to the rows later. */
  sharedEntries(): readonly E[] {
    this.#isShared = true
    return this.#entries
  }

  replace(index: number, entry: E, { left, need, isActive }: Standing): void {
    if (this.#isShared) this.#entries = this.#entries.slice()
    this.#isShared = false
    this.#entries[index] = entry
    this.left[index] = left
    this.need[index] = need
    const lasting = (this.traits[index] as number) & ~INACTIVE
    this.traits[index] = isActive ? lasting : lasting | INACTIVE
  }

  #write(index: number, row: Row): void {
    for (const name of NAMES) this[name][index] = row[name]
  }

  #grow(): void {
    const capacity = Math.max(16, this.length * 2)
    for (const name of NAMES) {
      const wider = new Uint32Array(capacity)
      wider.set(this[name])
      this[name] = wider
    }
  }

  /** Becomes the first `count` rows of `source`: a row of `base`, or the complement of a row of `added`. */
  gather(base: Rows<E>, added: Rows<E>, source: Int32Array, count: number): void {
    if (this.rate.length < count) {
      const capacity = Math.ceil(count * 1.1)
      for (const name of NAMES) this[name] = new Uint32Array(capacity)
    }
    if (this.#isShared) this.#entries = []
    this.#isShared = false
    this.length = count
    for (const name of NAMES) gatherColumn(this[name], base[name], added[name], source, count)
    this.#entries.length = count
    for (let i = 0; i < count; i++) {
      const from = source[i] as number
      this.#entries[i] = (from >= 0 ? base.#entries[from] : added.#entries[~from]) as E
    }
  }

  /** Lets go of the orders, and keeps the columns. */
  clear(): void {
    this.#entries = []
    this.#isShared = false
    this.length = 0
  }
}

function gatherColumn(
  into: Uint32Array,
  base: Uint32Array,
  added: Uint32Array,
  source: Int32Array,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const from = source[i] as number
    into[i] = (from >= 0 ? base[from] : added[~from]) as number
  }
}
