import { describe, expect, it } from 'vitest'
import { recordCodec } from '@tidepool/store'
import { World } from '../../../test/world.ts'
import type { OrderRecord } from '../../core/records.ts'
import { orderCodec } from './orderCodec.ts'

async function records(): Promise<readonly OrderRecord[]> {
  const world = await World.start()
  const [alice] = await world.openTraders(['alice', 2])
  if (alice === undefined) throw new Error('no trader')
  await alice.submit(alice.ask(3, { announcement: 'onlyUnannounced', confirmation: 'onlyZeroConf' }))
  await alice.submit(alice.bid(2, { zeroConf: true, nodeFilter: { kind: 'deny', nodes: [alice.node] } }))
  await alice.submit(alice.bid(1, { unannounced: true, nodeFilter: { kind: 'allow', nodes: [alice.node] } }))
  return [...world.auctioneer.ledger.openOrders.values()]
}

describe('orders as rows', () => {
  it('come back as they were', async () => {
    const codec = orderCodec()
    for (const record of await records()) expect(codec.decode(codec.encode(record))).toEqual(record)
  })

  it('are read as they were written before', async () => {
    const before = recordCodec<OrderRecord>({ version: 1 })
    for (const record of await records()) expect(orderCodec().decode(before.encode(record))).toEqual(record)
  })

  it('of a newer program are refused, damaged ones told', () => {
    expect(() => orderCodec().decode('[3]')).toThrow(expect.objectContaining({ code: 'RECORD_VERSION_UNKNOWN' }))
    expect(() => orderCodec().decode('[2,')).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
  })
})
