import type { BookOrder } from '../../book.ts'
import { earlier } from '../greedyPass.ts'
import { Rows, type Row, type Standing } from './rows.ts'
import { DEAD } from './traits.ts'

/** Rows of a delta that are looked through one by one where they are not in order. */
const MOST_OUT_OF_TURN = 1000
/** A rate or an arrival of 32 bits and the number of a row fit into one number, exactly. */
const PACKED_ROWS = 2 ** 21

/** Where an order's row is. */
interface Place<E extends BookOrder> {
  readonly rows: Rows<E>
  readonly index: number
}

/**
 * One side of one market: rows in priority order, and a delta of what came since, merged in when next asked for
 * (matching §5.3). What left is marked and dropped with the next merge.
 */
export class BookSide<E extends BookOrder> {
  readonly #bestFirst: 1 | -1
  #sorted = new Rows<E>(0)
  #added = new Rows<E>(0)
  /** Columns of the last merge but one, for the next: see `Scratch`. */
  #spare = new Rows<E>(0)
  #source = new Int32Array(0)
  /** Arrivals of the delta rise, as they do unless a book is loaded in another order. */
  #inTurn = true
  #dead = 0

  /** Lowest rate first, or highest. */
  constructor(first: 'lowest' | 'highest') {
    this.#bestFirst = first === 'lowest' ? 1 : -1
  }

  get length(): number {
    return this.#sorted.length + this.#added.length - this.#dead
  }

  add(entry: E, row: Row): void {
    const last = this.#added.entries.at(-1)
    if (last !== undefined && last.arrival >= entry.arrival) this.#inTurn = false
    this.#added.push(entry, row)
  }

  /** Marks an order's row as gone. */
  remove(entry: E): void {
    const place = this.#find(entry)
    if (place === undefined) return
    const { traits } = place.rows
    traits[place.index] = (traits[place.index] as number) | DEAD
    this.#dead += 1
  }

  /** New units or state of an order whose place does not change. */
  replace(old: E, entry: E, standing: Standing): void {
    const place = this.#find(old)
    if (place === undefined) return
    place.rows.replace(place.index, entry, standing)
  }

  /** The live row of exactly this entry. */
  #find(entry: E): Place<E> | undefined {
    if (!this.#inTurn && this.#added.length > MOST_OUT_OF_TURN) this.#merge()
    const sorted = this.#search(this.#sorted, entry, (index) => this.#compare(this.#sorted, index, entry) < 0)
    if (sorted !== undefined) return sorted
    if (!this.#inTurn) {
      const index = this.#added.entries.lastIndexOf(entry)
      return index < 0 ? undefined : { rows: this.#added, index }
    }
    const { entries } = this.#added
    return this.#search(this.#added, entry, (index) => (entries[index] as E).arrival < entry.arrival)
  }

  /** From the first row that is not before, as far as the entry may be. */
  #search(rows: Rows<E>, entry: E, isBefore: (index: number) => boolean): Place<E> | undefined {
    let [low, high] = [0, rows.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBefore(middle)) low = middle + 1
      else high = middle
    }
    for (let index = low; rows.entries[index]?.arrival === entry.arrival; index++) {
      if (rows.entries[index] === entry && ((rows.traits[index] as number) & DEAD) === 0) return { rows, index }
    }
    return undefined
  }

  #compare(rows: Rows<E>, index: number, entry: E): number {
    const byRate = ((rows.rate[index] as number) - entry.order.rate) * this.#bestFirst
    return byRate || earlier(rows.entries[index] as E, entry)
  }

  /** All live orders, best first. The rows stay as they are until the side changes. */
  rows(): Rows<E> {
    // A few dead rows are cheaper to skip than to drop.
    if (this.#added.length > 0 || this.#dead * 4 > this.#sorted.length) this.#merge()
    return this.#sorted
  }

  #merge(): void {
    const [base, added] = [this.#sorted, this.#added]
    const order = this.#sortedDelta()
    if (this.#source.length < this.length) this.#source = new Int32Array(Math.ceil(this.length * 1.1))
    const source = this.#source
    let [count, next] = [0, 0]
    for (let index = 0; index <= base.length; index++) {
      while (next < order.length && (index === base.length || this.#precedes(order[next] as number, index))) {
        const row = order[next++] as number
        if (((added.traits[row] as number) & DEAD) === 0) source[count++] = ~row
      }
      if (index < base.length && ((base.traits[index] as number) & DEAD) === 0) source[count++] = index
    }
    this.#spare.gather(base, added, source, count)
    this.#sorted = this.#spare
    this.#spare = base
    base.clear()
    this.#added = new Rows<E>(0)
    this.#inTurn = true
    this.#dead = 0
  }

  #precedes(addedRow: number, baseRow: number): boolean {
    const rate = this.#added.rate[addedRow] as number
    const other = this.#sorted.rate[baseRow] as number
    if (rate !== other) return rate < other === this.#bestFirst > 0
    return earlier(this.#added.entries[addedRow] as E, this.#sorted.entries[baseRow] as E) < 0
  }

  /** Rows of the delta, best first: by rate in packed numbers, where they are in arrival order and few enough. */
  #sortedDelta(): Uint32Array {
    const { length, rate, entries } = this.#added
    const byArrival = this.#inTurn ? Uint32Array.from({ length }, (_, row) => row) : this.#rowsByArrival()
    const turns = PACKED_ROWS
    if (length > turns) {
      return byArrival.sort(
        (a, b) =>
          ((rate[a] as number) - (rate[b] as number)) * this.#bestFirst || earlier(entries[a] as E, entries[b] as E),
      )
    }
    const packed = new Float64Array(length)
    for (let turn = 0; turn < length; turn++) {
      const own = rate[byArrival[turn] as number] as number
      packed[turn] = (this.#bestFirst > 0 ? own : 0xffffffff - own) * turns + turn
    }
    packed.sort()
    const rows = new Uint32Array(length)
    for (let i = 0; i < length; i++) rows[i] = byArrival[(packed[i] as number) % turns] as number
    return rows
  }

  /** Rows of the delta by arrival, then nonce; in packed numbers where no two arrivals are equal. */
  #rowsByArrival(): Uint32Array {
    const { length, entries } = this.#added
    const packed = new Float64Array(length)
    let isPacked = length <= PACKED_ROWS
    for (let row = 0; row < length; row++) {
      const { arrival } = entries[row] as E
      if (arrival >= 2 ** 32) isPacked = false
      packed[row] = arrival * PACKED_ROWS + row
    }
    packed.sort()
    const rows = Uint32Array.from(packed, (value) => value % PACKED_ROWS)
    for (let i = 1; i < length && isPacked; i++) {
      isPacked = (entries[rows[i] as number] as E).arrival > (entries[rows[i - 1] as number] as E).arrival
    }
    if (isPacked) return rows
    return Uint32Array.from({ length }, (_, row) => row).sort((a, b) => earlier(entries[a] as E, entries[b] as E))
  }
}
