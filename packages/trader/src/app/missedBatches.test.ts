import { openStore } from '@tidepool/store'
import { describe, expect, it } from 'vitest'
import { silent } from '../../test/kit/bench.ts'
import { FakeAuctioneer } from '../../test/kit/fakeAuctioneer.ts'
import { orderNonce } from '@tidepool/crypto'
import type { OrderRecord } from '../core/orderRecord.ts'
import { StoreAdapter } from '../adapters/store/traderStore.ts'
import { Ledger } from './ledger.ts'
import { MissedBatches } from './missedBatches.ts'

/** As much of an open order as counts here. */
const orderRecord = (digit: string, at: bigint): OrderRecord =>
  ({
    order: { nonce: orderNonce(digit.repeat(64)) },
    state: 'submitted',
    events: [{ kind: 'created', at }],
  }) as unknown as OrderRecord

const outage = { fromNs: 100n, toNs: 200n }

describe('batches missed while offline', () => {
  it('are those made meanwhile, and cost the orders that were open then', async () => {
    const ledger = await Ledger.open(new StoreAdapter(await openStore({ engine: 'memory' })))
    const auctioneer = new FakeAuctioneer()
    const missed = new MissedBatches({ auctioneer, ledger, logger: silent })
    const [early, late] = [orderRecord('1', 50n), orderRecord('2', 180n)]
    for (const order of [early, late]) await ledger.commit({ kind: 'order', record: order })
    auctioneer.times = [250n, 170n, 120n, 90n]
    await missed.lookUp(outage)
    expect(missed.last).toEqual({ outage, batches: 2, orders: [early.order.nonce] })
    auctioneer.times = [250n, 90n]
    await missed.lookUp(outage)
    expect(missed.last).toEqual({ outage, batches: 0, orders: [] })
    auctioneer.failures.set('batchTimes', new Error('no'))
    await missed.lookUp(outage)
    expect(missed.last).toEqual({ outage, batches: undefined, orders: [] })
  })
})
