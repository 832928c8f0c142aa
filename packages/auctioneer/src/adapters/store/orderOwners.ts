import type { AccountKey, NodeKey } from '@tidepool/crypto'
import type { OrderOwner, Place } from '../../core/storedOrders.ts'
import type { Shared, Trader } from './sharedValues.ts'

/** Where the digits of an account key are that tell most traders apart, 28 bits of them. */
const DIGITS = 10
const DIGITS_END = 17

export interface Owner {
  readonly trader: Trader
  /** As rows name it. */
  readonly text: string
  orders: number
  /** Its newest order here, plus one; the others follow from there. */
  last: Place
}

/** The traders of a shelf's orders. */
export class OrderOwners {
  readonly #shared: Shared
  readonly #owners: Owner[] = []
  readonly #byText = new Map<string, number>()
  /** Looking whether it is the same text takes less time than hashing it. */
  readonly #byDigits = new Map<number, number>()
  readonly #byAccount = new Map<string, Owner[]>()

  constructor(shared: Shared) {
    this.#shared = shared
  }

  at(index: number): Owner | undefined {
    return this.#owners[index]
  }

  ofAccount(accountKey: AccountKey): readonly Owner[] {
    return this.#byAccount.get(accountKey) ?? []
  }

  *all(): Generator<OrderOwner, undefined> {
    for (const { trader, orders } of this.#owners) {
      yield { accountKey: trader.accountKey as AccountKey, nodeKey: trader.nodeKey as NodeKey, orders }
    }
  }

  /** Of the trader that these characters of a row name. */
  indexOf(row: string, start: number, end: number): number {
    const digits = digitsOf(row, start)
    const likely = this.#byDigits.get(digits)
    const text = row.slice(start, end)
    if (likely !== undefined && this.#owners[likely]?.text === text) return likely
    const index = this.#byText.get(text) ?? this.#add(text)
    if (likely === undefined) this.#byDigits.set(digits, index)
    return index
  }

  #add(slice: string): number {
    // A copy: a slice would keep all of its row in memory.
    const text = Buffer.from(slice).toString()
    const owner = { trader: this.#shared.trader(text), text, orders: 0, last: 0 }
    const index = this.#owners.push(owner) - 1
    this.#byText.set(text, index)
    const { accountKey } = owner.trader
    const others = this.#byAccount.get(accountKey)
    if (others === undefined) this.#byAccount.set(accountKey, [owner])
    else others.push(owner)
    return index
  }
}

function digitsOf(row: string, start: number): number {
  let digits = 0
  for (let i = start + DIGITS; i < start + DIGITS_END; i++) digits = (digits << 4) | (row.charCodeAt(i) & 15)
  return digits
}
