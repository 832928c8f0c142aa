import { blockCount, nodeKey, orderNonce, satoshi, satPerKWeight, toHex } from '@tidepool/crypto'
import type { AccountKey, NodeKey, PubKey } from '@tidepool/crypto'
import { isArchived, ratePpb, supplyUnits } from '@tidepool/market'
import type { NodeTier, OrderState } from '@tidepool/market'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OpenInterest } from '../src/core/openInterest.ts'
import type { OrderRecord } from '../src/core/records.ts'
import { World } from './world.ts'

const DURATIONS = [2016, 4032].map(blockCount)
const KEYS = ['02', '03'].map((sign) =>
  nodeKey(`${sign}79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798`),
)
const tierOf = (node: NodeKey): NodeTier => (node === KEYS[0] ? 0 : 1)

const record = fc
  .record({
    number: fc.nat({ max: 20 }),
    state: fc.constantFrom<OrderState>('submitted', 'partiallyFilled', 'executed', 'canceled'),
    units: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ number, state, units }): OrderRecord => {
    // What never changes in an order follows from its number.
    const pick = <T>(values: readonly T[], shift: number): T => values[(number >> shift) % values.length] as T
    const base = {
      ...({ nonce: orderNonce(toHex(new Uint8Array(32).fill(number))), version: 5, auctionType: 'inbound' } as const),
      ...{ rate: ratePpb(1), amount: satoshi(100_000), minUnitsMatch: supplyUnits(1), isPublic: false },
      ...{ leaseDuration: pick(DURATIONS, 0), maxBatchFeeRate: satPerKWeight(253) },
      ...({ channelType: 'peerDependent', nodeFilter: { kind: 'any' }, nodeAddresses: [] } as const),
      ...{ multiSigKey: pick(KEYS, 0), nodeKey: pick(KEYS, 1), accountKey: pick(KEYS, 2) as PubKey as AccountKey },
    }
    const order =
      number % 3 === 0
        ? ({ ...base, kind: 'ask', announcement: 'none', confirmation: 'none' } as const)
        : ({
            ...{ ...base, kind: 'bid' as const, minNodeTier: pick(['default', 'tier0', 'tier1'] as const, 1) },
            ...{ selfChannelBalance: satoshi(0), isSidecar: false, unannounced: false, zeroConf: false },
          } as const)
    return {
      ...{ order, state, unitsUnfulfilled: supplyUnits(units), arrival: number, signature: '', userAgent: '' },
      ...{ terms: { baseFee: satoshi(1), feeRatePpm: 1000n }, createdAtNs: 0n },
    }
  })

/** By a walk through all orders. */
function walked(open: readonly OrderRecord[]) {
  const side = (kind: 'ask' | 'bid', duration: number) =>
    ([0, 1] as const).flatMap((tier) => {
      const here = open.filter(({ order }) => {
        if (order.kind !== kind || order.leaseDuration !== duration) return false
        return (order.kind === 'ask' ? tierOf(order.nodeKey) : order.minNodeTier === 'tier0' ? 0 : 1) === tier
      })
      if (here.length === 0) return []
      return [
        { tier, orders: here.length, units: here.reduce((sum, { unitsUnfulfilled }) => sum + unitsUnfulfilled, 0) },
      ]
    })
  return {
    counts: DURATIONS.map((duration) => ({ asks: side('ask', duration), bids: side('bid', duration) })),
    orders: DURATIONS.map((duration) => open.filter(({ order }) => order.leaseDuration === duration).length),
    keys: KEYS.map(
      (key) => open.filter(({ order }) => order.nodeKey === key || order.accountKey === (key as PubKey)).length,
    ),
  }
}

describe('open interest', () => {
  it('counted as orders come, change and go is what a walk through the book finds', () => {
    const property = fc.property(fc.array(record, { maxLength: 60 }), (changes) => {
      const interest = new OpenInterest(tierOf)
      const open = new Map<string, OrderRecord>()
      for (const after of changes) {
        interest.changed(open.get(after.order.nonce), after)
        if (isArchived(after.state)) open.delete(after.order.nonce)
        else open.set(after.order.nonce, after)
        expect({
          counts: DURATIONS.map((duration) => interest.countsOf(duration)),
          orders: DURATIONS.map((duration) => interest.ordersOf(duration)),
          keys: KEYS.map((key) => interest.ordersWith(key)),
        }).toEqual(walked([...open.values()]))
      }
    })
    fc.assert(property, { numRuns: 50 })
  })

  it('is the same after a start, and follows fills and cancels', async () => {
    const world = await World.start()
    const [alice, bob] = await world.openTraders(['alice', 2], ['bob', 2])
    if (alice === undefined || bob === undefined) throw new Error('no traders')
    const ask = alice.ask(5)
    await alice.submit(ask)
    await alice.submit(alice.ask(2))
    await bob.submit(bob.bid(3, { minNodeTier: 'tier0' }))
    const seen = () => ({
      markets: world.auctioneer.queries.markets(),
      durations: world.auctioneer.durations.list(),
      reserved: [...world.auctioneer.ledger.accounts.values()].map((account) =>
        world.auctioneer.orders.reserved(account),
      ),
    })
    const before = seen()
    expect(before.durations).toContainEqual({ blocks: 2016, state: 'open', openOrders: 3 })
    expect(before.markets.get(blockCount(2016))).toEqual({
      asks: [{ tier: 1, orders: 2, units: 7 }],
      bids: [{ tier: 0, orders: 1, units: 3 }],
    })
    world.crash()
    await world.boot()
    expect(seen()).toEqual(before)
    for (const trader of [alice, bob]) await trader.connect()
    await world.fundMaster()
    await world.auction()
    expect(world.auctioneer.queries.markets().get(blockCount(2016))).toEqual({
      asks: [{ tier: 1, orders: 2, units: 4 }],
      bids: [],
    })
    const followed = seen()
    world.crash()
    await world.boot()
    expect(seen()).toEqual(followed)
  })
})
