import type { AccountKey, BlockCount, NodeKey, OrderNonce, PubKey } from '@tidepool/crypto'
import { isArchived } from '@tidepool/market'
import type { MinNodeTier, OrderState, SupplyUnits } from '@tidepool/market'
import type { OrderRecord } from '../../core/records.ts'
import type { OrderMarks, OrderOwner, Place, StoredOrders } from '../../core/storedOrders.ts'
import { OrderOwners } from './orderOwners.ts'
import type { Shared, AskTerms, BidTerms, Trader } from './sharedValues.ts'

/** How a row of the version that is written begins, and where its texts then are. */
const START = '[3,"'
const NONCE = START.length
const NONCE_LENGTH = 64
const TRADER = NONCE + NONCE_LENGTH + 3
const KEY_LENGTH = 66
/** The bytes of so many orders are one piece of memory. It is freed when no more than a quarter of them are left. */
const PAGE = 512
/** Bytes of an order here; one with a longer list is read at once, for what it lists is shared then. */
const MOST = 576

/** Numbers kept of each order: where in the row of numbers which one stands. */
const [DIGITS, OWNER, BEFORE, TERMS, UNITS, ARRIVAL, FROM, LENGTHS, FIELDS] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
const TAKEN = 0xffff_ffff

/** Reads orders out of rows, or out of what the shelf keeps of one. */
export interface OrderReader {
  readonly shared: Shared
  whole(row: string): OrderRecord
  parts(nonce: string, trader: Trader, terms: AskTerms | BidTerms, rest: string): OrderRecord
}

/**
 * Rows of open orders as bytes: nonce, and everything from the node list on. Of the rest only numbers are kept. A
 * million orders are taken in several times faster than they are read, and no collector has to look at them.
 */
export class OrderShelf implements StoredOrders {
  readonly others: OrderRecord[] = []
  readonly #reader: OrderReader
  readonly #owners: OrderOwners
  readonly #terms: (AskTerms | BidTerms)[] = []
  readonly #termsByText = new Map<string, number>()
  #numbers = new Uint32Array(FIELDS * PAGE)
  #count = 0
  #left = 0
  readonly #pages: { bytes: Buffer | undefined; left: number }[] = []
  /** The page being filled, and how far. */
  readonly #open = Buffer.alloc(PAGE * MOST)
  #used = 0
  readonly #marks = new Marks()

  constructor(reader: OrderReader) {
    this.#reader = reader
    this.#owners = new OrderOwners(reader.shared)
  }

  get size(): number {
    return this.#left
  }

  /** Rows come in the order of their nonces; one that does not is read at once, as are older, long and odd ones. */
  add(row: string): void {
    if (this.#pack(row)) return
    const record = this.#reader.whole(row)
    if (!isArchived(record.state)) this.others.push(record)
  }

  /** After the last row. */
  close(): void {
    if (this.#used > 0) this.#closePage()
    this.#numbers = this.#numbers.slice(0, this.#count * FIELDS)
  }

  find(nonce: OrderNonce): Place | undefined {
    const digits = digitsOf(nonce, 0)
    let [low, high] = [0, this.#count]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#number(middle, DIGITS) < digits) low = middle + 1
      else high = middle
    }
    for (; low < this.#count && this.#number(low, DIGITS) === digits; low++) {
      if (this.#isHere(low) && this.nonceAt(low) === nonce) return low
    }
    return undefined
  }

  *places(accountKey?: AccountKey): Generator<Place, undefined> {
    if (accountKey === undefined) {
      for (let place = 0; place < this.#count; place++) if (this.#isHere(place)) yield place
      return
    }
    for (const { last } of this.#owners.ofAccount(accountKey)) {
      for (let next = last; next > 0; next = this.#number(next - 1, BEFORE)) if (this.#isHere(next - 1)) yield next - 1
    }
  }

  read(place: Place): OrderRecord {
    const rest = this.#text(place, NONCE_LENGTH, this.#number(place, LENGTHS) >>> 16)
    return this.#reader.parts(this.nonceAt(place), this.#traderAt(place), this.#termsAt(place), rest)
  }

  nonceAt(place: Place): OrderNonce {
    return this.#text(place, 0, NONCE_LENGTH) as OrderNonce
  }

  fundingKeyAt(place: Place): PubKey {
    const start = this.#number(place, LENGTHS) & 0xffff
    return this.#text(place, start, start + KEY_LENGTH) as PubKey
  }

  unitsAt(place: Place): SupplyUnits {
    return this.#number(place, UNITS) as SupplyUnits
  }

  arrivalAt(place: Place): number {
    return this.#number(place, ARRIVAL)
  }

  marksAt(place: Place): OrderMarks {
    return this.#marks.of(this.#traderAt(place), this.#termsAt(place))
  }

  owners(): Iterable<OrderOwner> {
    return this.#owners.all()
  }

  take(place: Place): readonly OrderRecord[] {
    this.#drop(place)
    const first = place - (place % PAGE)
    const page = this.#pages[first / PAGE]
    if (page === undefined || page.left > PAGE / 4) return []
    const records: OrderRecord[] = []
    for (let other = first; other < Math.min(first + PAGE, this.#count); other++) {
      if (!this.#isHere(other)) continue
      records.push(this.read(other))
      this.#drop(other)
    }
    page.bytes = undefined
    return records
  }

  #pack(row: string): boolean {
    const traderEnd = row.indexOf('"', TRADER)
    const termsEnd = row.indexOf('"', traderEnd + 3)
    const rest = termsEnd + 2
    const key = row.indexOf(',"', rest) + 2
    const length = NONCE_LENGTH + row.length - rest
    if (!row.startsWith(START) || !row.endsWith('"]') || row.includes('\\') || length > MOST) return false
    if (row[key + KEY_LENGTH] !== '"') return false
    const digits = digitsOf(row, NONCE)
    if (this.#count > 0 && digits < this.#number(this.#count - 1, DIGITS)) return false
    const [arrival, units] = lastNumbersOf(row)
    if (!isWord(arrival) || !isWord(units)) return false
    const terms = this.#termsIndex(row.slice(traderEnd + 3, termsEnd))
    if (isArchived(this.#terms[terms]?.state as OrderState)) return true
    const ownerIndex = this.#owners.indexOf(row, TRADER, traderEnd)
    const owner = this.#owners.at(ownerIndex)
    if (owner === undefined) return false
    this.#keep([
      digits,
      ownerIndex,
      owner.last,
      terms,
      units,
      arrival,
      this.#used,
      (length << 16) | (key - rest + NONCE_LENGTH),
    ])
    owner.orders += 1
    owner.last = this.#count
    this.#open.write(row.slice(NONCE, NONCE + NONCE_LENGTH), this.#used, 'latin1')
    this.#open.write(row.slice(rest), this.#used + NONCE_LENGTH, 'latin1')
    this.#used += length
    if (this.#count % PAGE === 0) this.#closePage()
    return true
  }

  #keep(numbers: readonly number[]): void {
    const start = this.#count * FIELDS
    if (start === this.#numbers.length) {
      const before = this.#numbers
      this.#numbers = new Uint32Array(before.length * 2)
      this.#numbers.set(before)
    }
    for (let i = 0; i < FIELDS; i++) this.#numbers[start + i] = numbers[i] ?? 0
    this.#count += 1
    this.#left += 1
  }

  #closePage(): void {
    const left = this.#count - this.#pages.length * PAGE
    this.#pages.push({ bytes: Buffer.from(this.#open.subarray(0, this.#used)), left })
    this.#used = 0
  }

  #drop(place: Place): void {
    this.#numbers[place * FIELDS + FROM] = TAKEN
    this.#left -= 1
    const page = this.#pages[Math.floor(place / PAGE)]
    if (page !== undefined) page.left -= 1
  }

  #termsIndex(slice: string): number {
    const known = this.#termsByText.get(slice)
    if (known !== undefined) return known
    const text = Buffer.from(slice).toString()
    const index = this.#terms.push(this.#reader.shared.terms(text)) - 1
    this.#termsByText.set(text, index)
    return index
  }

  #number(place: Place, field: number): number {
    return this.#numbers[place * FIELDS + field] ?? 0
  }

  #isHere(place: Place): boolean {
    return this.#number(place, FROM) !== TAKEN
  }

  #traderAt(place: Place): Trader {
    return this.#owners.at(this.#number(place, OWNER))?.trader as Trader
  }

  #termsAt(place: Place): AskTerms | BidTerms {
    return this.#terms[this.#number(place, TERMS)] as AskTerms | BidTerms
  }

  #text(place: Place, start: number, end: number): string {
    const from = this.#number(place, FROM)
    return this.#pages[Math.floor(place / PAGE)]?.bytes?.toString('latin1', from + start, from + end) ?? ''
  }
}

class Marks implements OrderMarks {
  #trader: Trader | undefined
  #terms: AskTerms | BidTerms | undefined

  of(trader: Trader, terms: AskTerms | BidTerms): this {
    this.#trader = trader
    this.#terms = terms
    return this
  }

  get kind(): 'ask' | 'bid' {
    return this.#terms?.kind ?? 'ask'
  }

  get accountKey(): AccountKey {
    return this.#trader?.accountKey as AccountKey
  }

  get nodeKey(): NodeKey {
    return this.#trader?.nodeKey as NodeKey
  }

  get leaseDuration(): BlockCount {
    return this.#terms?.leaseDuration as BlockCount
  }

  get minNodeTier(): MinNodeTier {
    return (this.#terms?.kind === 'bid' ? this.#terms.minNodeTier : 'default') as MinNodeTier
  }
}

const digitsOf = (text: string, start: number): number => parseInt(text.slice(start, start + 8), 16)

const isWord = (number: number): boolean => number >>> 0 === number

/** Arrival and units; a text comes after them. */
function lastNumbersOf(row: string): readonly [arrival: number, units: number] {
  const end = row.lastIndexOf(',"')
  const units = row.lastIndexOf(',', end - 1)
  const arrival = row.lastIndexOf(',', units - 1)
  return [Number(row.slice(arrival + 1, units)), Number(row.slice(units + 1, end))]
}
