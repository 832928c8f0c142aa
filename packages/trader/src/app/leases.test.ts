import {
  accountKey,
  batchKey,
  blockCount,
  blockHeight,
  incrementBatchKey,
  INITIAL_BATCH_KEY,
  satPerKWeight,
  satoshi,
  txid,
} from '@tidepool/crypto'
import { batchVersion, ratePpb, supplyUnits } from '@tidepool/market'
import { openStore } from '@tidepool/store'
import { describe, expect, it } from 'vitest'
import { FakeAuctioneer } from '../../test/kit/fakeAuctioneer.ts'
import { FakeChannels } from '../../test/kit/fakeChannels.ts'
import { fundingTx, keyOf, leasedChannelAs } from '../../test/kit/samples.ts'
import { StoreAdapter } from '../adapters/store/traderStore.ts'
import type { BatchRecord, LeaseRecord } from '../core/batch.ts'
import type { LeasedChannel } from '../core/channelShim.ts'
import { Ledger } from './ledger.ts'
import { listLeases } from './leases.ts'

const alice = accountKey(keyOf('alice'))
const bob = accountKey(keyOf('bob'))

function lease(
  key: typeof alice,
  index: number,
  kind: 'ask' | 'bid',
  change: Partial<LeasedChannel> = {},
): LeaseRecord {
  const channel = leasedChannelAs(kind === 'ask' ? 'asker' : 'bidder', change)
  const shim = { ...channel.shim, outpoint: { ...channel.shim.outpoint, index }, ...change.shim }
  return {
    accountKey: key,
    own: { kind } as LeaseRecord['own'],
    counterpart: {} as LeaseRecord['counterpart'],
    channel: { ...channel, shim },
    units: supplyUnits(5),
    price: ratePpb(2000),
    premium: satoshi(1000),
    executionFee: satoshi(501),
    leaseDuration: blockCount(2016),
  }
}

const batch = (id: typeof INITIAL_BATCH_KEY, leases: readonly LeaseRecord[]): BatchRecord => ({
  batchId: batchKey(id),
  batchVersion: batchVersion(58),
  txid: txid('44'.repeat(32)),
  transaction: fundingTx(),
  feeRate: satPerKWeight(253n),
  executionFee: { baseFee: satoshi(1), feeRatePpm: 1000n },
  heightHint: blockHeight(120),
  clearingPrices: new Map(),
  leases,
  accounts: [alice, bob].map((key) => ({ key, chainFee: satoshi(1001), outcome: { kind: 'gone', value: satoshi(0) } })),
})

async function modules(...batches: readonly BatchRecord[]) {
  const ledger = await Ledger.open(new StoreAdapter(await openStore({ engine: 'memory' })))
  for (const record of batches) await ledger.commit({ kind: 'batch', record })
  return { ledger, channels: new FakeChannels(), auctioneer: new FakeAuctioneer() }
}

describe('leases', () => {
  it("share their account's chain fee, the rest on the first", async () => {
    const record = batch(INITIAL_BATCH_KEY, [lease(alice, 0, 'ask'), lease(bob, 1, 'bid'), lease(alice, 2, 'ask')])
    const { leases, earned, paid } = await listLeases({ batchIds: [], accounts: [] }, await modules(record))
    expect(leases.map((one) => one.chainFee)).toEqual([501n, 1001n, 500n])
    expect(earned).toBe(2000n)
    expect(paid).toBe(501n * 3n + 1001n * 2n + 1000n)
  })

  it('of one account, of one batch; an account without leases has none', async () => {
    const next = incrementBatchKey(INITIAL_BATCH_KEY)
    const world = await modules(
      batch(INITIAL_BATCH_KEY, [lease(alice, 0, 'ask')]),
      batch(next, [lease(alice, 1, 'bid')]),
    )
    const list = (filter: object) => listLeases({ batchIds: [], accounts: [], ...filter }, world)
    expect((await list({ accounts: [bob] })).leases).toEqual([])
    expect((await list({ batchIds: [next] })).leases.map((one) => one.purchased)).toEqual([true])
    expect((await list({ accounts: [alice] })).leases).toHaveLength(2)
    await expect(list({ batchIds: [incrementBatchKey(next)] })).rejects.toMatchObject({ code: 'TRADER_BATCH_UNKNOWN' })
  })

  it('end at their height, or that many blocks after the funding', async () => {
    const relative = {
      commitment: 'unspecified',
      shim: { ...leasedChannelAs('asker').shim, thawHeight: 2016 },
    } as const
    const world = await modules(batch(INITIAL_BATCH_KEY, [lease(alice, 2, 'ask'), lease(alice, 2, 'ask', relative)]))
    const expiries = async () =>
      (await listLeases({ batchIds: [], accounts: [] }, world)).leases.map((one) => one.expiry)
    expect(await expiries()).toEqual([2136, 0])
    const { outpoint } = leasedChannelAs('asker').shim
    world.channels.knownChannels = async () => [
      { outpoint, peer: leasedChannelAs('asker').peer, pending: false, thawHeight: 2016, fundingHeight: 130 },
    ]
    expect(await expiries()).toEqual([2136, 2146])
  })
})
