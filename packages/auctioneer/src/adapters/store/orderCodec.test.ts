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
    const before = recordCodec<unknown>({ version: 1 })
    for (const record of await records()) {
      const signature = new Uint8Array(Buffer.from(record.signature, 'base64'))
      expect(orderCodec().decode(before.encode({ ...record, signature }))).toEqual(record)
    }
  })

  it('share what they have in common, and nothing else', async () => {
    const codec = orderCodec()
    const [ask, denying, allowing] = (await records()).map((record) => codec.decode(codec.encode(record)))
    expect(allowing?.order.nodeAddresses).toBe(denying?.order.nodeAddresses)
    expect(allowing?.terms).toBe(ask?.terms)
    expect(allowing?.order.nodeFilter).not.toEqual(denying?.order.nodeFilter)
    const dearer = ask && { ...ask, terms: { ...ask.terms, feeRatePpm: 7n } }
    expect(dearer && codec.decode(codec.encode(dearer))).toEqual(dearer)
  })

  it('of a newer program are refused, damaged ones told', () => {
    expect(() => orderCodec().decode('[3]')).toThrow(expect.objectContaining({ code: 'RECORD_VERSION_UNKNOWN' }))
    expect(() => orderCodec().decode('[2,')).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
  })
})
