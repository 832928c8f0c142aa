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

  it.each([
    [
      '[2,"ask","aa",5,"inbound",5963,"3700000",1,4032,"25000","simpleTaproot","02cc","02aa",["127.0.0.1:9735","[::1]:1"],"0313","deny",["02bb"],false,["onlyUnannounced","onlyZeroConf"],"MDA=",135443,"partiallyFilled",37,"1","1000","1800000000000000000","poold/v0.1 tidepool"]',
      {
        kind: 'ask',
        ...{
          leaseDuration: 4032,
          channelType: 'simpleTaproot',
          isPublic: false,
          nodeFilter: { kind: 'deny', nodes: ['02bb'] },
        },
        announcement: 'onlyUnannounced',
        confirmation: 'onlyZeroConf',
      },
    ],
    [
      '[2,"bid","aa",3,"outbound",5963,"3700000",1,2016,"25000","peerDependent","02cc","02aa",["127.0.0.1:9735","[::1]:1"],"0313","any",[],true,["tier0","700000",false,true,true],"MDA=",135443,"partiallyFilled",37,"1","1000","1800000000000000000","poold/v0.1 tidepool"]',
      {
        kind: 'bid',
        ...{ leaseDuration: 2016, channelType: 'peerDependent', isPublic: true, nodeFilter: { kind: 'any' } },
        ...{ minNodeTier: 'tier0', selfChannelBalance: 700_000n, isSidecar: false, unannounced: true, zeroConf: true },
      },
    ],
  ])('are read as rows of version 2', (text, order) => {
    const record = orderCodec().decode(text)
    expect(record).toEqual({
      order: {
        ...{ nonce: 'aa', version: order.kind === 'ask' ? 5 : 3, rate: 5963, amount: 3_700_000n, minUnitsMatch: 1 },
        auctionType: order.kind === 'ask' ? 'inbound' : 'outbound',
        ...{ maxBatchFeeRate: 25_000n, multiSigKey: '02cc', nodeKey: '02aa', accountKey: '0313' },
        nodeAddresses: [
          { network: 'tcp', addr: '127.0.0.1:9735' },
          { network: 'tcp', addr: '[::1]:1' },
        ],
        ...order,
      },
      ...{ signature: 'MDA=', arrival: 135_443, state: 'partiallyFilled', unitsUnfulfilled: 37 },
      terms: { baseFee: 1n, feeRatePpm: 1000n },
      ...{ createdAtNs: 1_800_000_000_000_000_000n, userAgent: 'poold/v0.1 tidepool' },
    })
    expect(orderCodec().decode(orderCodec().encode(record))).toEqual(record)
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
    expect(() => orderCodec().decode('[4]')).toThrow(expect.objectContaining({ code: 'RECORD_VERSION_UNKNOWN' }))
    expect(() => orderCodec().decode('[2,')).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
  })
})
