import { fromHex } from '@tidepool/crypto'
import { RpcError, STATUS, addCaveat, bakeMacaroon, decodeMacaroon, encodeMacaroon, services } from '@tidepool/rpc'
import type { Client, ServiceDef, poolrpc } from '@tidepool/rpc'
import { toHex } from '@tidepool/crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { settle } from '../../../test/kit/fakeClock.ts'
import { fundingTx, keyOf } from '../../../test/kit/samples.ts'
import { ServerBench } from '../../../test/kit/serverBench.ts'
import { blockHeight } from '@tidepool/crypto'
import { StartupError } from '../../core/errors.ts'
import { ALL_PERMISSIONS, PERMISSIONS, permissionsOf } from './permissions.ts'

let bench: ServerBench
let client: Client<poolrpc.Trader_Service>
beforeEach(async () => {
  bench = new ServerBench()
  await bench.start()
  client = bench.client()
})
afterEach(() => bench.stop())

/** Status and, of our own errors, the code a call fails with. */
async function failure(call: Promise<unknown>): Promise<{ status: number; code: string | undefined; text: string }> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    return { status: error.status, code: error.detail.errorCode, text: error.detail.details }
  }
  throw new Error('the call worked')
}

/** As the stock command line limits the macaroon of every call. */
function limited(macaroon: Uint8Array, ms: number): Uint8Array {
  const caveat = `time-before ${new Date(Date.now() + ms).toISOString()}`
  return encodeMacaroon(addCaveat(decodeMacaroon(macaroon), caveat))
}

const open: poolrpc.InitAccountRequestInit = {
  accountValue: 1_000_000n,
  accountExpiry: { case: 'relativeHeight', value: 2880 },
  fees: { case: 'feeRateSatPerKw', value: 500n },
  version: 'ACCOUNT_VERSION_LND_DEPENDENT',
}

async function openAccount(): Promise<Uint8Array> {
  const { traderKey } = await client.initAccount(open)
  await settle()
  bench.bench.chain.confirmations[0]?.fire({ tx: fundingTx(), height: blockHeight(125) })
  await settle()
  return traderKey
}

function bidFor(
  traderKey: Uint8Array,
  details: poolrpc.OrderInit = {},
  bid: poolrpc.BidInit = {},
): poolrpc.SubmitOrderRequestInit {
  const common: poolrpc.OrderInit = {
    traderKey,
    rateFixed: 2000,
    amt: 500_000n,
    minUnitsMatch: 1,
    maxBatchFeeRateSatPerKw: 2500n,
    channelType: 'ORDER_CHANNEL_TYPE_SCRIPT_ENFORCED',
  }
  const value = { details: { ...common, ...details }, leaseDurationBlocks: 2016, version: 5, ...bid }
  return { details: { case: 'bid', value } }
}

describe('macaroons', () => {
  it('every method of the service is in the table', () => {
    const methods = Object.values(services.poolrpc.Trader.methods).map((method) => method.name)
    expect(Object.keys(PERMISSIONS).toSorted()).toEqual(methods.toSorted())
  })

  const READ = ALL_PERMISSIONS.filter((one) => one.endsWith(':read'))
  const SERVED = [services.poolrpc.Trader, services.tidepool.TraderView, services.tidepool.TraderTools] as const
  type Call = (request: object) => Promise<unknown> | AsyncIterable<unknown>

  /** What a call to a daemon that waits for lnd comes to: only the macaroon is judged. */
  const outcome = async (path: string, macaroonHex: string | undefined): Promise<string> => {
    const [, name = '', method = ''] = path.split('/')
    const service = SERVED.find((one) => one.name === name) as ServiceDef<unknown>
    const key = method.charAt(0).toLowerCase() + method.slice(1)
    const call = (bench.clientOf(service, macaroonHex) as Readonly<Record<string, Call>>)[key]
    if (call === undefined) throw new Error(`no call ${key}`)
    const code = await failure(ended(call({}))).then(
      (found) => found.code,
      () => 'passed',
    )
    return code?.includes('MACAROON') === true ? code : 'passed'
  }
  const ended = async (answer: ReturnType<Call>): Promise<void> => {
    if (answer instanceof Promise) await answer
    else for await (const one of answer) expect(one).toBeDefined()
  }

  const paths = SERVED.flatMap(({ name, methods }) => Object.values(methods).map((method) => `/${name}/${method.name}`))

  it.each(paths)('%s takes its permissions, and none less', async (path) => {
    bench.notReady = new StartupError({ code: 'LND_LOCKED', state: 'LOCKED' }, 'lnd is not ready')
    const needed = permissionsOf(path) ?? []
    expect(needed.length).toBeGreaterThan(0)
    for (const one of needed) {
      const lacking = bench.macaroonHex(ALL_PERMISSIONS.filter((permission) => permission !== one))
      expect(await outcome(path, lacking), `without ${one}`).toBe('MACAROON_NOT_PERMITTED')
    }
    expect(await outcome(path, bench.macaroonHex(needed))).toBe('passed')
    expect(await outcome(path, bench.macaroonHex([`uri:${path}`]))).toBe('passed')
    expect(await outcome(path, bench.macaroonHex(['uri:/poolrpc.Trader/None']))).toBe('MACAROON_NOT_PERMITTED')
    expect(await outcome(path, undefined)).toBe('MACAROON_MISSING')
    expect(await outcome(path, bench.macaroonHex(ALL_PERMISSIONS, new Uint8Array(32)))).toBe('MACAROON_INVALID')
    const reads = needed.every((one) => READ.includes(one))
    expect(await outcome(path, bench.macaroonHex(READ))).toBe(reads ? 'passed' : 'MACAROON_NOT_PERMITTED')
  })

  it('a method by name opens that method alone', async () => {
    const one = bench.client(['uri:/poolrpc.Trader/ListOrders'])
    expect(await one.listOrders({})).toEqual({ asks: [], bids: [] })
    expect((await failure(one.listAccounts({}))).code).toBe('MACAROON_NOT_PERMITTED')
  })

  it('refuses none, another root key, one out of date', async () => {
    expect((await failure(bench.clientWith(undefined).getInfo({}))).text).toContain('expected 1 macaroon, got 0')
    expect((await failure(bench.clientWith('zz').getInfo({}))).code).toBe('BAD_MACAROON')
    const foreign = bench.client(ALL_PERMISSIONS, new Uint8Array(32))
    expect((await failure(foreign.getInfo({}))).code).toBe('MACAROON_INVALID')
    const id = { nonce: new Uint8Array(16), rootKeyId: '0', permissions: ALL_PERMISSIONS }
    const macaroon = bakeMacaroon(id, new Uint8Array(32).fill(42), 'pool')
    const inTime = bench.clientWith(toHex(limited(macaroon, 60_000)))
    expect((await inTime.listOrders({})).asks).toEqual([])
    const late = bench.clientWith(toHex(limited(macaroon, -1000)))
    expect((await failure(late.listOrders({}))).code).toBe('MACAROON_CAVEAT_FAILED')
  })
})

describe('calls', () => {
  it('before the daemon is ready tell what is in the way', async () => {
    bench.notReady = new StartupError({ code: 'LND_LOCKED', state: 'LOCKED' }, 'lnd is not ready: unlock it')
    expect(await failure(client.listOrders({}))).toEqual({
      status: STATUS.UNAVAILABLE,
      code: 'LND_LOCKED',
      text: 'lnd is not ready: unlock it',
    })
    expect(await client.stopDaemon({})).toEqual({})
    expect(bench.stopped).toBe(true)
  })

  it('that this daemon lacks say so', async () => {
    expect(await failure(client.offerSidecar({}))).toMatchObject({
      status: STATUS.UNIMPLEMENTED,
      text: 'OfferSidecar is not supported by this daemon yet',
    })
  })

  it('open and list an account', async () => {
    const traderKey = await openAccount()
    const { accounts } = await client.listAccounts({})
    expect(accounts).toMatchObject([
      {
        traderKey,
        value: 1_000_000n,
        availableBalance: 1_000_000n,
        expirationHeight: 3000,
        state: 'OPEN',
        version: 'ACCOUNT_VERSION_TAPROOT_V2',
      },
    ])
    expect(await client.getInfo({})).toMatchObject({ accountsTotal: 1, accountsActive: 1, currentBlockHeight: 120 })
  })

  it('submit, list and cancel an order', async () => {
    const traderKey = await openAccount()
    const { details } = await client.submitOrder(bidFor(traderKey))
    if (details?.case !== 'acceptedOrderNonce') throw new Error('not accepted')
    const [bid] = (await client.listOrders({ verbose: true })).bids
    expect(bid).toMatchObject({
      minNodeTier: 'TIER_1',
      version: 5,
      details: { orderNonce: details.value, state: 'ORDER_SUBMITTED', units: 5 },
    })
    expect(bid?.details?.events).toMatchObject([{ eventStr: 'OrderCreated' }])
    await client.cancelOrder({ orderNonce: details.value })
    expect((await client.listOrders({ activeOnly: true })).bids).toEqual([])
  })

  it('hand on queries with their defaults', async () => {
    await client.batchSnapshot({})
    await client.batchSnapshots({})
    expect(bench.queried).toEqual([
      `batchSnapshot {"batchId":"${'00'.repeat(33)}"}`,
      'batchSnapshots {"startBatchId":"","numBatchesBack":1}',
    ])
    expect((await client.leaseDurations({})).leaseDurations).toEqual(
      new Map([
        [2016, true],
        [1008, false],
      ]),
    )
    expect(await client.nextBatchInfo({})).toMatchObject({ confTarget: 6, feeRateSatPerKw: 253n })
    expect((await client.auctionFee({})).executionFee).toEqual({ baseFee: 1n, feeRate: 1000n })
    expect((await failure(client.nodeRatings({}))).code).toBe('REQUEST_INVALID')
    expect(await client.leases({})).toEqual({ leases: [], totalAmtEarnedSat: 0n, totalAmtPaidSat: 0n })
  })

  it('quote', async () => {
    const quote = {
      amt: 10_000_000n,
      rateFixed: 1488,
      leaseDurationBlocks: 2016,
      maxBatchFeeRateSatPerKw: 253n,
      minUnitsMatch: 100,
    }
    expect(await client.quoteOrder(quote)).toMatchObject({
      totalPremiumSat: 29_998n,
      totalExecutionFeeSat: 10_001n,
      worstCaseChainFeeSat: 165n,
    })
    expect(await client.quoteAccount({ accountValue: 1_000_000n, fees: { case: 'confTarget', value: 6 } })).toEqual({
      minerFeeRateSatPerKw: 300n,
      minerFeeTotal: 200n,
    })
  })
})

describe('bad accounts', () => {
  it.each<[string, poolrpc.InitAccountRequestInit, string]>([
    ['below the minimum', { accountValue: 99_999n }, 'ACCOUNT_VALUE_TOO_LOW'],
    ['above the maximum', { accountValue: 1_000_000_001n }, 'ACCOUNT_VALUE_TOO_HIGH'],
    ['above all money', { accountValue: 2n ** 63n }, 'AMOUNT_OUT_OF_RANGE'],
    ['too short', { accountExpiry: { case: 'relativeHeight', value: 143 } }, 'ACCOUNT_EXPIRY_TOO_SOON'],
    ['too long', { accountExpiry: { case: 'absoluteHeight', value: 52_681 } }, 'ACCOUNT_EXPIRY_TOO_FAR'],
    ['no height', { accountExpiry: { case: 'relativeHeight', value: 0 } }, 'REQUEST_INVALID'],
    ['no height at all', { accountExpiry: undefined }, 'REQUEST_INVALID'],
    ['no fee', { fees: undefined }, 'REQUEST_INVALID'],
    ['conf target 0', { fees: { case: 'confTarget', value: 0 } }, 'REQUEST_INVALID'],
    ['fee rate 252', { fees: { case: 'feeRateSatPerKw', value: 252n } }, 'FEE_RATE_TOO_LOW'],
  ])('%s', async (_, change, code) => {
    expect(await failure(client.initAccount({ ...open, ...change }))).toMatchObject({ code })
    expect(bench.bench.auctioneer.calls).not.toContain('reserveAccount')
  })
})

describe('bad orders', () => {
  const key = fromHex(keyOf('nobody'))

  it.each<[string, poolrpc.OrderInit, poolrpc.BidInit, string]>([
    ['no multiple of a unit', { amt: 150_000n }, {}, 'ORDER_AMOUNT_NOT_UNITS'],
    ['above the account', { amt: 16_000_000n, rateFixed: 100_000 }, {}, 'ORDER_INSUFFICIENT_BALANCE'],
    ['rate zero', { rateFixed: 0 }, {}, 'ORDER_RATE_ZERO'],
    ['min units zero', { minUnitsMatch: 0 }, {}, 'ORDER_MIN_UNITS_ZERO'],
    ['min units above units', { minUnitsMatch: 6 }, {}, 'ORDER_MIN_UNITS_ABOVE_UNITS'],
    ['unknown duration', {}, { leaseDurationBlocks: 2017 }, 'ORDER_DURATION_UNKNOWN'],
    ['version too new', {}, { version: 6 }, 'ORDER_VERSION_UNKNOWN'],
    ['version too old for its type', {}, { version: 4 }, 'ORDER_VERSION_TOO_LOW'],
    ['fee rate below the floor', { maxBatchFeeRateSatPerKw: 252n }, {}, 'ORDER_FEE_RATE_TOO_LOW'],
    ['both node lists', { allowedNodeIds: [key], notAllowedNodeIds: [key] }, {}, 'ORDER_BOTH_NODE_LISTS'],
    ['sidecar ticket', {}, { sidecarTicket: 'sidecar1' }, 'REQUEST_INVALID'],
    ['account unknown', { traderKey: key }, {}, 'TRADER_ACCOUNT_UNKNOWN'],
    ['trader key of 32 bytes', { traderKey: key.subarray(1) }, {}, 'BAD_PUBLIC_KEY'],
    ['trader key off the curve', { traderKey: fromHex(`02${'00'.repeat(31)}05`) }, {}, 'BAD_PUBLIC_KEY'],
    ['nonce of 31 bytes', { orderNonce: new Uint8Array(31) }, {}, 'BAD_ID'],
    ['nonce of zeros', { orderNonce: new Uint8Array(32) }, {}, 'ORDER_NONCE_ZERO'],
    ['allowed node of 34 bytes', { allowedNodeIds: [new Uint8Array(34)] }, {}, 'BAD_PUBLIC_KEY'],
    ['refused node, empty', { notAllowedNodeIds: [new Uint8Array()] }, {}, 'BAD_PUBLIC_KEY'],
  ])('%s', async (_, details, bid, code) => {
    const traderKey = await openAccount()
    const { code: got, status } = await failure(client.submitOrder(bidFor(traderKey, details, bid)))
    expect(got).toBe(code)
    expect(status).not.toBe(STATUS.INTERNAL)
    expect(bench.bench.auctioneer.orders).toEqual([])
  })

  it('without an ask or a bid, without details', async () => {
    expect((await failure(client.submitOrder({}))).code).toBe('REQUEST_INVALID')
    expect((await failure(client.submitOrder({ details: { case: 'ask', value: {} } }))).code).toBe('REQUEST_INVALID')
  })

  it.each([new Uint8Array(), new Uint8Array(31), new Uint8Array(33)])('cancel with %o', async (orderNonce) => {
    expect((await failure(client.cancelOrder({ orderNonce }))).code).toBe('BAD_ID')
  })

  it('cancel of an unknown one', async () => {
    expect(await failure(client.cancelOrder({ orderNonce: new Uint8Array(32).fill(1) }))).toMatchObject({
      code: 'ORDER_NOT_FOUND',
      text: expect.stringContaining('no order found'),
    })
  })

  it('leases of malformed and unknown batches and accounts', async () => {
    expect((await failure(client.leases({ batchIds: [new Uint8Array(32)] }))).code).toBe('BAD_PUBLIC_KEY')
    expect((await failure(client.leases({ accounts: [new Uint8Array(33)] }))).code).toBe('BAD_PUBLIC_KEY')
    expect((await failure(client.leases({ batchIds: [key] }))).code).toBe('TRADER_BATCH_UNKNOWN')
  })
})
