import {
  accountKey,
  blockCount,
  nodeKey,
  orderNonce,
  pointFromSecret,
  pubKey,
  satoshi,
  satPerKWeight,
  sha256,
  toHex,
} from '@tidepool/crypto'
import type { NodeKey, PubKey } from '@tidepool/crypto'
import { isArchived, ratePpb, supplyUnits } from '@tidepool/market'
import type { NodeFilter, OrderState } from '@tidepool/market'
import { openStore } from '@tidepool/store'
import type { Store, TextCodec } from '@tidepool/store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TableStore } from '../src/adapters/store/auctioneerStore.ts'
import { Ledger } from '../src/app/ledger.ts'
import { OpenInterest } from '../src/core/openInterest.ts'
import type { OrderRecord } from '../src/core/records.ts'

const X = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const Y = 'c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5'
const NODES = [`02${X}`, `03${X}`].map(nodeKey)
const ACCOUNTS = [`02${X}`, `02${Y}`, `03${Y}`].map(accountKey)
/** Some of which a row can only be read as a whole, or is written in two bytes a character. */
const AGENTS = ['poold/v0.1', 'a "quoted" \\ agent', 'ünï', '書 poold', '']
const DURATIONS = [2016, 4032].map(blockCount)
const FILTERS: readonly NodeFilter[] = [
  { kind: 'any' },
  { kind: 'allow', nodes: NODES },
  // Too long to be kept as bytes.
  { kind: 'deny', nodes: Array.from({ length: 5 }, () => NODES).flat() },
]

/** What never changes in an order follows from its number. */
function recordOf(number: number, state: OrderState, units: number): OrderRecord {
  const pick = <T>(values: readonly T[], shift: number): T => values[(number >> shift) % values.length] as T
  const base = {
    ...({
      nonce: orderNonce(toHex(sha256(Buffer.from(`order ${number}`)))),
      version: 5,
      auctionType: 'inbound',
    } as const),
    ...{ rate: ratePpb(number + 1), amount: satoshi(900_000), minUnitsMatch: supplyUnits(1), isPublic: false },
    ...{ leaseDuration: pick(DURATIONS, 0), maxBatchFeeRate: satPerKWeight(253), nodeFilter: pick(FILTERS, 1) },
    ...({ channelType: 'peerDependent', nodeAddresses: [{ network: 'tcp', addr: 'localhost:9735' }] } as const),
    ...{ multiSigKey: pubKey(toHex(pointFromSecret(sha256(Buffer.from(`key ${number}`))))) },
    ...{ nodeKey: pick(NODES, 1), accountKey: pick(ACCOUNTS, 0) },
  }
  const order =
    number % 3 === 0
      ? ({ ...base, kind: 'ask', announcement: 'none', confirmation: 'onlyZeroConf' } as const)
      : ({
          ...{ ...base, kind: 'bid' as const, minNodeTier: pick(['default', 'tier0', 'tier1'] as const, 1) },
          ...{ selfChannelBalance: satoshi(number), isSidecar: false, unannounced: true, zeroConf: false },
        } as const)
  return {
    ...{ order, state, unitsUnfulfilled: supplyUnits(units), arrival: number, userAgent: pick(AGENTS, 0) },
    ...{
      signature: 'MDA=',
      terms: { baseFee: satoshi(1), feeRatePpm: 1000n },
      createdAtNs: 1_800_000_000_000_000_000n,
    },
  }
}

const tierOf = (node: NodeKey) => (node === NODES[0] ? 0 : 1)

/** A ledger over a store, and over the same store again after each restart. */
class Book {
  readonly #store: Store
  readonly ledger: Ledger
  readonly interest: OpenInterest

  static async open(store: Store): Promise<Book> {
    const interest = new OpenInterest(tierOf)
    const ledger = await Ledger.open(new TableStore(store), (found) => interest.found(found))
    ledger.onOrder((before, after) => interest.changed(before, after))
    return new Book(store, ledger, interest)
  }

  private constructor(store: Store, ledger: Ledger, interest: OpenInterest) {
    this.#store = store
    this.ledger = ledger
    this.interest = interest
  }

  restarted(): Promise<Book> {
    return Book.open(this.#store)
  }

  async commit(records: readonly OrderRecord[]): Promise<void> {
    await this.ledger.commit(records.map((record) => ({ kind: 'order', record }) as const))
  }

  /** All that the book says about these orders. */
  seen(records: readonly OrderRecord[]) {
    const { ledger, interest } = this
    const { openOrders } = ledger
    return {
      size: openOrders.size,
      each: records.map(({ order }) => [
        ...[openOrders.has(order.nonce), openOrders.get(order.nonce), ledger.usesFundingKey(order.multiSigKey)],
      ]),
      values: byArrival([...openOrders.values()]),
      keys: [...openOrders.keys()].toSorted(),
      arrivals: [...openOrders.arrivals()].toSorted((a, b) => a.arrival - b.arrival),
      accounts: ACCOUNTS.map((key) => [ledger.numOrdersOf(key), byArrival(ledger.ordersOf(key))]),
      durations: DURATIONS.map((duration) =>
        openOrders.where(({ leaseDuration }) => leaseDuration === duration).toSorted(),
      ),
      nodes: NODES.map((node) => openOrders.where(({ nodeKey: key }) => key === node).toSorted()),
      counts: DURATIONS.map((duration) => [interest.ordersOf(duration), interest.countsOf(duration)]),
      interest: [...NODES, ...ACCOUNTS].map((key: PubKey) => interest.ordersWith(key)),
    }
  }
}

/** What a walk through a plain map of all open orders finds. */
function walked(open: ReadonlyMap<string, OrderRecord>, records: readonly OrderRecord[]) {
  const all = byArrival([...open.values()])
  const where = (test: (record: OrderRecord) => boolean) => all.filter(test)
  const nonces = (found: readonly OrderRecord[]) => found.map(({ order }) => order.nonce).toSorted()
  const ofAccounts = ACCOUNTS.map((key) => where(({ order }) => order.accountKey === key))
  const interest = new OpenInterest(tierOf)
  for (const record of all) interest.changed(undefined, record)
  return {
    size: open.size,
    each: records.map(({ order }) => [open.has(order.nonce), open.get(order.nonce), open.has(order.nonce)]),
    values: all,
    keys: nonces(all),
    arrivals: all.map(({ order: { nonce }, arrival }) => ({ nonce, arrival })),
    accounts: ofAccounts.map((found) => [found.length, found]),
    durations: DURATIONS.map((duration) => nonces(where(({ order }) => order.leaseDuration === duration))),
    nodes: NODES.map((node) => nonces(where(({ order }) => order.nodeKey === node))),
    counts: DURATIONS.map((duration) => [interest.ordersOf(duration), interest.countsOf(duration)]),
    interest: [...NODES, ...ACCOUNTS].map((key: PubKey) => interest.ordersWith(key)),
  }
}

const byArrival = (records: readonly OrderRecord[]) => records.toSorted((a, b) => a.arrival - b.arrival)

function follow(open: Map<string, OrderRecord>, records: readonly OrderRecord[]): void {
  for (const record of records) {
    if (isArchived(record.state)) open.delete(record.order.nonce)
    else open.set(record.order.nonce, record)
  }
}

describe('the book after a start', () => {
  it('is what the same changes make without one', async () => {
    const change = fc
      .record({
        number: fc.nat({ max: 30 }),
        state: fc.constantFrom<OrderState>('submitted', 'partiallyFilled', 'executed', 'canceled'),
        units: fc.integer({ min: 1, max: 9 }),
      })
      .map(({ number, state, units }) => recordOf(number, state, units))
    const step = fc.oneof(fc.constant('restart' as const), fc.array(change, { minLength: 1, maxLength: 12 }))
    const records = Array.from({ length: 31 }, (_, number) => recordOf(number, 'submitted', 1))
    const property = fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      let book = await Book.open(await openStore({ engine: 'memory' }))
      const open = new Map<string, OrderRecord>()
      for (const changes of steps) {
        if (changes === 'restart') {
          book = await book.restarted()
        } else {
          await book.commit(changes)
          follow(open, changes)
        }
        expect(book.seen(records)).toEqual(walked(open, records))
      }
    })
    await fc.assert(property, { numRuns: 60 })
  })

  it('follows changes while most orders are as the start found them, and when few still are', async () => {
    const before = await Book.open(await openStore({ engine: 'memory' }))
    const records = Array.from({ length: 1500 }, (_, number) => recordOf(number, 'submitted', 9))
    const open = new Map<string, OrderRecord>()
    await before.commit(records)
    follow(open, records)
    const book = await before.restarted()
    expect(book.seen(records)).toEqual(walked(open, records))
    for (let turn = 0; turn < 6; turn++) {
      const changes = records
        .filter((_, number) => number % 6 === turn)
        .map(({ arrival }) => recordOf(arrival, arrival % 4 === 0 ? 'partiallyFilled' : 'canceled', 3))
      await book.commit(changes)
      follow(open, changes)
      expect(book.seen(records)).toEqual(walked(open, records))
    }
  })

  it('visits an order that changes meanwhile, and each that does not once', async () => {
    const before = await Book.open(await openStore({ engine: 'memory' }))
    const records = Array.from({ length: 600 }, (_, number) => recordOf(number, 'submitted', 9))
    await before.commit(records)
    const book = await before.restarted()
    const visits = new Map<number, number>()
    for (const { arrival } of book.ledger.openOrders.values()) {
      visits.set(arrival, (visits.get(arrival) ?? 0) + 1)
      if (visits.size % 2 === 0) await book.commit([recordOf(599 - visits.size, 'canceled', 9)])
    }
    for (const { arrival } of book.ledger.openOrders.values()) expect(visits.get(arrival)).toBeGreaterThan(0)
  })
})

describe('rows of a start', () => {
  const key = orderNonce('11'.repeat(32))
  const row = (version: number, rest: string) => `[${version},"${key}",${rest}`
  const raw: TextCodec<string> = { stored: 'text', encode: (text) => text, decode: (text) => text }

  async function storeWith(...rows: readonly (readonly [key: string, row: string])[]): Promise<TableStore> {
    const store = await openStore({ engine: 'memory' })
    const table = store.table('order', raw)
    await store.commit(rows.map(([name, text]) => table.put(name, text)))
    return new TableStore(store)
  }

  it('of version 3 are read when asked for', async () => {
    const stored = await storeWith([
      key,
      row(
        3,
        `"02aa 02bb 1 localhost:1 agent","ask submitted 1 1000 5 inbound 2016 peerDependent false none none","",5,200000,1,253,0,"02${X}","MDA=",7,2,"12"]`,
      ),
    ])
    const found = await stored.openOrders()
    expect(found.others).toEqual([])
    expect([...found.places()].map((place) => [found.nonceAt(place), found.fundingKeyAt(place)])).toEqual([
      [key, `02${X}`],
    ])
    const place = found.find(key) ?? -1
    expect(found.read(place)).toEqual(await stored.order(key))
    expect(found.take(place)).toEqual([])
    expect([found.size, found.find(key)]).toEqual([0, undefined])
  })

  it('of version 2 are read at once', async () => {
    const older = `"ask","${key}",5,"inbound",5963,"3700000",1,4032,"25000","simpleTaproot","02${X}","02aa",[],"0313","any",[],false,["none","none"],"MDA=",7,"submitted",37,"1","1000","12","poold"]`
    const stored = await storeWith([key, `[2,${older}`])
    const found = await stored.openOrders()
    expect([...found.places()]).toEqual([])
    expect(found.others).toEqual([await stored.order(key)])
    expect(found.others).toMatchObject([{ order: { kind: 'ask', nonce: key, amount: 3_700_000n }, arrival: 7 }])
  })

  it.each([
    [
      'cut off',
      row(
        3,
        `"02aa 02bb 0 agent","ask submitted 1 1000 5 inbound 2016 p false none none","",5,1,1,1,0,"02${X}","MDA=",7,2,"1`,
      ),
    ],
    ['without an end', row(3, '"02aa')],
    ['of another kind', 'nothing'],
  ])('that are %s stop it and are named', async (_, text) => {
    const stored = await storeWith([key, text])
    await expect(stored.openOrders()).rejects.toMatchObject({ code: 'STORE_CORRUPT', detail: { key } })
  })

  it('of a newer version stop it', async () => {
    const stored = await storeWith([key, row(4, '"x"]')])
    await expect(stored.openOrders()).rejects.toMatchObject({ code: 'RECORD_VERSION_UNKNOWN' })
  })
})
