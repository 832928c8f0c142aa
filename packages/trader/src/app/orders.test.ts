import { blockCount, blockHeight, idToBytes, satPerKWeight, satoshi, verifyMessage } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { nonceFromPreimage, orderDigest, ratePpb, supplyUnits } from '@tidepool/market'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Bench } from '../../test/kit/bench.ts'
import { TERMS } from '../../test/kit/fakeAuctioneer.ts'
import { settle } from '../../test/kit/fakeClock.ts'
import { fundingTx } from '../../test/kit/samples.ts'
import type { OrderDraft } from '../core/orderDraft.ts'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
})
afterEach(() => bench.close())

async function traderWithAccount() {
  const run = await bench.run()
  const account = await run.accounts.open({
    value: satoshi(1_000_000),
    expiry: blockHeight(3000),
    version: 2,
    feeRate: satPerKWeight(500n),
  })
  await settle()
  bench.chain.confirmations[0]?.fire({ tx: fundingTx(), height: blockHeight(125) })
  await settle()
  return { ...run, key: account.key }
}

function bid(accountKey: AccountKey, change: object = {}): OrderDraft {
  return {
    kind: 'bid',
    version: 5,
    accountKey,
    auctionType: 'inbound',
    rate: ratePpb(2000),
    amount: satoshi(500_000),
    minUnitsMatch: supplyUnits(1),
    leaseDuration: blockCount(2016),
    maxBatchFeeRate: satPerKWeight(2500n),
    channelType: 'scriptEnforced',
    nodeFilter: { kind: 'any' },
    isPublic: false,
    minNodeTier: 'tier1',
    selfChannelBalance: satoshi(0),
    isSidecar: false,
    unannounced: false,
    zeroConf: false,
    ...change,
  } as OrderDraft
}

describe('submitting an order', () => {
  it('signs with the account key, stores with the terms, sends', async () => {
    const { orders, ledger, key } = await traderWithAccount()
    const outcome = await orders.submit(bid(key), 'agent')
    expect(outcome.kind).toBe('accepted')
    const [sent] = bench.auctioneer.orders
    if (sent === undefined) throw new Error('nothing sent')
    const { order, signature, userAgent } = sent
    expect(userAgent).toBe('agent')
    expect(order.nonce).toBe(nonceFromPreimage(new Uint8Array(32).fill(9)))
    expect(verifyMessage(orderDigest(order), signature, key)).toBe(true)
    expect(order.nodeAddresses).toEqual([{ network: 'tcp', addr: '127.0.0.1:9735' }])
    expect(ledger.orders.get(order.nonce)).toMatchObject({
      state: 'submitted',
      unitsUnfulfilled: 5,
      fundingKeyIndex: 0,
      terms: { baseFee: 1n, feeRatePpm: 1000n },
    })
    expect(order.multiSigKey).toBe(await bench.wallet.keyAt({ family: 0, index: 0 }))
  })

  it('stored before it is sent: a failed call leaves a failed order', async () => {
    const { orders, ledger, key } = await traderWithAccount()
    bench.auctioneer.failures.set('submitOrder', new Error('gone'))
    await expect(orders.submit(bid(key), '')).rejects.toThrow('gone')
    expect([...ledger.orders.values()]).toMatchObject([{ state: 'failed' }])
  })

  it.each([
    { baseFee: 10_001n, feeRatePpm: 1000n },
    { baseFee: 1n, feeRatePpm: 10_001n },
  ])('signs nothing under terms beyond what its owner allows: %o', async (fee) => {
    const { orders, ledger, key } = await traderWithAccount()
    bench.auctioneer.terms = async () => ({ ...TERMS, executionFee: { ...fee, baseFee: satoshi(fee.baseFee) } })
    await expect(orders.submit(bid(key), '')).rejects.toMatchObject({ code: 'EXECUTION_FEE_TOO_HIGH' })
    expect([ledger.orders.size, bench.auctioneer.orders]).toEqual([0, []])
  })

  it("hands on the auctioneer's refusal", async () => {
    const { orders, ledger, key } = await traderWithAccount()
    bench.auctioneer.submitOutcome = { kind: 'invalid', reason: 'not today' }
    expect(await orders.submit(bid(key), '')).toMatchObject({ kind: 'invalid', reason: 'not today' })
    expect([...ledger.orders.values()]).toMatchObject([{ state: 'failed' }])
  })

  it.each([
    [{ amount: satoshi(150_000) }, 'ORDER_AMOUNT_NOT_UNITS'],
    [{ amount: satoshi(0) }, 'ORDER_AMOUNT_NOT_UNITS'],
    [{ rate: ratePpb(0) }, 'ORDER_RATE_ZERO'],
    [{ leaseDuration: blockCount(2017) }, 'ORDER_DURATION_UNKNOWN'],
    [{ leaseDuration: blockCount(1008) }, 'ORDER_DURATION_CLOSED'],
    [{ maxBatchFeeRate: satPerKWeight(252n) }, 'ORDER_FEE_RATE_TOO_LOW'],
    [{ minUnitsMatch: supplyUnits(6) }, 'ORDER_MIN_UNITS_ABOVE_UNITS'],
    [{ version: 4 }, 'ORDER_VERSION_TOO_LOW'],
    [{ channelType: 'simpleTaproot' }, 'ORDER_TAPROOT_ANNOUNCED'],
    [{ amount: satoshi(16_800_000) }, 'ORDER_AMOUNT_NEEDS_WUMBO'],
    [
      {
        selfChannelBalance: satoshi(500_000),
        minUnitsMatch: supplyUnits(5),
        amount: satoshi(500_000),
        rate: ratePpb(4_000_000),
      },
      'ORDER_INSUFFICIENT_BALANCE',
    ],
  ])('refuses %o before a funding key is used up', async (change, code) => {
    const { orders, ledger, key } = await traderWithAccount()
    await expect(orders.submit(bid(key, change), '')).rejects.toMatchObject({ code })
    expect((await bench.wallet.nextKey(0)).index).toBe(0)
    expect(ledger.orders.size).toBe(0)
    expect(bench.auctioneer.orders).toHaveLength(0)
  })

  it('counts what other orders may cost', async () => {
    const { orders, key } = await traderWithAccount()
    const ask = {
      kind: 'ask',
      announcement: 'none',
      confirmation: 'onlyConfirmed',
      amount: satoshi(900_000),
      minUnitsMatch: supplyUnits(9),
    }
    await orders.submit(bid(key, ask), '')
    const again = { ...ask, nonce: nonceFromPreimage(new Uint8Array(32)) }
    await expect(orders.submit(bid(key, again), '')).rejects.toMatchObject({ code: 'ORDER_INSUFFICIENT_BALANCE' })
  })

  it('refuses a nonce twice', async () => {
    const { orders, key } = await traderWithAccount()
    await orders.submit(bid(key), '')
    await expect(orders.submit(bid(key), '')).rejects.toMatchObject({ code: 'ORDER_NONCE_USED' })
  })
})

describe('an order later', () => {
  it('is canceled by its preimage, and again without a call', async () => {
    const { orders, ledger, key } = await traderWithAccount()
    const { nonce } = await orders.submit(bid(key), '')
    await orders.cancel(nonce)
    await orders.cancel(nonce)
    expect(bench.auctioneer.calls.filter((call) => call === 'cancelOrder')).toHaveLength(1)
    expect(ledger.orders.get(nonce)?.state).toBe('canceled')
  })

  it('cannot be canceled with a nonce of its own, or when it is unknown', async () => {
    const { orders, key } = await traderWithAccount()
    const nonce = nonceFromPreimage(new Uint8Array(32).fill(1))
    await expect(orders.cancel(nonce)).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
    await orders.submit(bid(key, { nonce }), '')
    await expect(orders.cancel(nonce)).rejects.toMatchObject({ code: 'ORDER_WITHOUT_PREIMAGE' })
    expect(idToBytes(nonce)).toHaveLength(32)
  })

  it.each([
    ['unknown there', undefined, 'failed'],
    ['canceled there', { state: 'canceled', unitsUnfulfilled: supplyUnits(5) }, 'canceled'],
    ['filled there', { state: 'executed', unitsUnfulfilled: supplyUnits(0) }, 'submitted'],
  ] as const)('at start, %s', async (_, remote, state) => {
    const { orders, ledger, key } = await traderWithAccount()
    const { nonce } = await orders.submit(bid(key), '')
    if (remote !== undefined) bench.auctioneer.orderStates.set(nonce, remote)
    await orders.synchronise()
    expect(ledger.orders.get(nonce)?.state).toBe(state)
  })
})
