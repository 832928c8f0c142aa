import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accountKey, blockCount, pointFromSecret, satoshi, sha256, signMessage } from '@tidepool/crypto'
import { orderDigest, ratePpb, supplyUnits } from '@tidepool/market'
import type { Order } from '@tidepool/market'
import {
  RpcError,
  STATUS_BY_CODE,
  clientMessageToWire,
  createClient,
  createServer,
  openChannel,
  orderToWire,
  services,
} from '@tidepool/rpc'
import type { Channel, Client, Server, poolrpc } from '@tidepool/rpc'
import { AUCTIONEER_STATUS } from '../src/adapters/grpc/statusTable.ts'
import { addTraderService } from '../src/adapters/grpc/traderService.ts'
import { quietLogger } from './fakeWorld.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'
import { OPTIONS, World } from './world.ts'

/** A real server and client over TCP; behind them the auctioneer on fakes. */
let world: World
let server: Server
let channel: Channel
let client: Client<poolrpc.ChannelAuctioneer_Service>
let alice: ScriptedTrader
const unexpected: unknown[] = []

beforeAll(async () => {
  world = await World.start()
  const [trader] = await world.openTraders(['alice', 2])
  if (trader === undefined) throw new Error('no trader')
  alice = trader
  const statusByCode = { ...STATUS_BY_CODE, ...AUCTIONEER_STATUS }
  server = createServer({ tls: 'insecure', statusByCode, onUnexpected: (error) => unexpected.push(error) })
  addTraderService(server, world.auctioneer, quietLogger)
  const { port } = await server.listen('127.0.0.1:0')
  channel = openChannel({ address: `127.0.0.1:${port}`, tls: { kind: 'insecure' } })
  client = createClient(services.poolrpc.ChannelAuctioneer, channel)
})

afterAll(async () => {
  channel.close()
  await server.stop(100)
})

/** Our code of a refused call, and its status. */
async function refusal(call: Promise<unknown>): Promise<readonly [string | undefined, string]> {
  const error: unknown = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (!(error instanceof RpcError)) throw new Error('the call was not refused', { cause: error })
  return [error.detail.errorCode, error.detail.statusName]
}

/** The code at the end of an order's refusal. */
async function orderRefusal(request: poolrpc.ServerSubmitOrderRequestInit): Promise<string | undefined> {
  const { details } = await client.submitOrder(request)
  if (details?.case !== 'invalidOrder') return details?.case
  return /\[([A-Z_]+)\]$/.exec(details.value.failString)?.[1]
}

const signed = (order: Order, secret = alice.secret) => orderToWire(order, signMessage(orderDigest(order), secret))
const height = () => world.chain.bestHeight()

describe('orders that are refused', () => {
  const cases: readonly (readonly [string, () => Order, string])[] = [
    ['amount below the minimum', () => alice.bid(1, { amount: satoshi(99_999) }), 'ORDER_AMOUNT_NOT_UNITS'],
    ['amount zero', () => alice.bid(1, { amount: satoshi(0) }), 'ORDER_AMOUNT_NOT_UNITS'],
    ['above the account', () => alice.ask(51), 'ORDER_INSUFFICIENT_BALANCE'],
    ['rate zero', () => alice.bid(1, { rate: ratePpb(0) }), 'ORDER_RATE_ZERO'],
    ['unknown duration', () => alice.bid(1, { leaseDuration: blockCount(2000) }), 'ORDER_DURATION_UNKNOWN'],
    ['closed duration', () => alice.bid(1, { leaseDuration: blockCount(1008) }), 'ORDER_DURATION_CLOSED'],
    [
      'duration of a later version',
      () => alice.bid(1, { version: 1, leaseDuration: blockCount(4032), channelType: 'peerDependent' }),
      'ORDER_VERSION_TOO_LOW',
    ],
    ['minimum above the amount', () => alice.bid(1, { minUnitsMatch: 2 as never }), 'ORDER_MIN_UNITS_ABOVE_UNITS'],
    ['minimum zero', () => alice.bid(1, { minUnitsMatch: 0 as never }), 'ORDER_MIN_UNITS_ZERO'],
    ['fee rate below the floor', () => alice.bid(1, { maxBatchFeeRate: 252n as never }), 'ORDER_FEE_RATE_TOO_LOW'],
    ['zero nonce', () => alice.bid(1, { nonce: '00'.repeat(32) as never }), 'ORDER_NONCE_ZERO'],
    ['ask without address', () => alice.ask(1, { nodeAddresses: [] }), 'ORDER_NODE_ADDRESS_MISSING'],
    [
      'unknown account',
      () => alice.bid(1, { accountKey: accountKey(pointFromSecret(sha256(Buffer.from('x')))) }),
      'ORDER_ACCOUNT_UNKNOWN',
    ],
    ['sidecar', () => alice.bid(1, { isSidecar: true }), 'NOT_OFFERED'],
    ['taproot but announced', () => alice.bid(1, { channelType: 'simpleTaproot' }), 'ORDER_TAPROOT_ANNOUNCED'],
    [
      'self balance above the amount',
      () => alice.bid(1, { selfChannelBalance: satoshi(100_001) }),
      'ORDER_SELF_BALANCE_TOO_HIGH',
    ],
    ['outbound of two units', () => alice.ask(2, { auctionType: 'outbound' }), 'ORDER_OUTBOUND_NOT_ONE_UNIT'],
    ['outbound without own coins', () => alice.bid(1, { auctionType: 'outbound' }), 'ORDER_OUTBOUND_SELF_BALANCE'],
    [
      'outbound with half a unit of own coins',
      () => alice.bid(1, { auctionType: 'outbound', selfChannelBalance: satoshi(150_000) }),
      'ORDER_OUTBOUND_SELF_BALANCE',
    ],
    [
      'outbound bid with a minimum of two units',
      () => alice.bid(1, { auctionType: 'outbound', minUnitsMatch: supplyUnits(2) }),
      'ORDER_OUTBOUND_MIN_UNITS',
    ],
    [
      'self balance with partial minimum',
      () => alice.bid(2, { minUnitsMatch: supplyUnits(1), selfChannelBalance: satoshi(1000) }),
      'ORDER_SELF_BALANCE_NOT_WHOLE',
    ],
    [
      'self balance of a later version',
      () => alice.bid(1, { version: 2, channelType: 'peerDependent', selfChannelBalance: satoshi(1000) }),
      'ORDER_VERSION_TOO_LOW',
    ],
    [
      'sidecar of a later version',
      () => alice.bid(1, { version: 3, channelType: 'peerDependent', isSidecar: true }),
      'ORDER_VERSION_TOO_LOW',
    ],
    ['channel type of a later version', () => alice.ask(1, { version: 4 }), 'ORDER_VERSION_TOO_LOW'],
    [
      'outbound sidecar',
      () => alice.bid(1, { auctionType: 'outbound', selfChannelBalance: satoshi(100_000), isSidecar: true }),
      'ORDER_SIDECAR_OUTBOUND',
    ],
    [
      'sidecar with partial minimum',
      () => alice.bid(2, { minUnitsMatch: supplyUnits(1), isSidecar: true }),
      'ORDER_SIDECAR_NOT_WHOLE',
    ],
    [
      'zero-conf without a channel type',
      () => alice.bid(1, { channelType: 'peerDependent', zeroConf: true }),
      'ORDER_ZERO_CONF_CHANNEL_TYPE',
    ],
    [
      'zero-conf only, without a channel type',
      () => alice.ask(1, { channelType: 'peerDependent', confirmation: 'onlyZeroConf' }),
      'ORDER_ZERO_CONF_CHANNEL_TYPE',
    ],
    [
      'taproot ask for announced channels',
      () => alice.ask(1, { channelType: 'simpleTaproot', announcement: 'onlyAnnounced' }),
      'ORDER_TAPROOT_ANNOUNCED',
    ],
    ['more than the venue takes', () => alice.ask(10_001), 'ORDER_LIMIT_REACHED'],
    [
      'a channel larger than the venue takes',
      () => alice.bid(9_999, { minUnitsMatch: supplyUnits(9_999), selfChannelBalance: satoshi(200_000) }),
      'ORDER_LIMIT_REACHED',
    ],
  ]

  it.each(cases)('%s', async (_, order, code) => {
    const before = [...world.auctioneer.ledger.openOrders.keys()]
    const request = signed(order())
    expect(await orderRefusal(request)).toBe(code)
    expect([...world.auctioneer.ledger.openOrders.keys()]).toEqual(before)
    const { orderNonce } = request.details?.value.details ?? {}
    if (code === 'ORDER_NONCE_ZERO' || orderNonce === undefined) return
    await expect(client.orderState({ orderNonce })).rejects.toMatchObject({ detail: { errorCode: 'ORDER_NOT_FOUND' } })
  })

  it('zero-conf from a trader whose batch version knows none', async () => {
    const old = world.trader('old')
    await old.openAccount(1_000_000, 1)
    await world.mine(6)
    await old.connect(10)
    const bid = old.bid(1, { zeroConf: true })
    expect(await orderRefusal(signed(bid, old.secret))).toBe('ORDER_BATCH_VERSION_UNSUPPORTED')
  })

  it('both node lists', async () => {
    const wire = signed(alice.bid(1))
    if (wire.details?.case !== 'bid') throw new Error('no bid')
    const { value } = wire.details
    const node = value.details?.nodePub ?? new Uint8Array()
    const lists = { allowedNodeIds: [node], notAllowedNodeIds: [node] }
    const both = { ...value, details: { ...value.details, ...lists } }
    expect(await orderRefusal({ details: { case: 'bid', value: both } })).toBe('ORDER_BOTH_NODE_LISTS')
  })

  it("a cancel without the order's own preimage", async () => {
    const order = alice.bid(1)
    expect(await orderRefusal(signed(order))).toBe('accepted')
    const guess = sha256(Buffer.from('guess'))
    expect(await refusal(client.cancelOrder({ orderNoncePreimage: guess }))).toEqual(['ORDER_NOT_FOUND', 'NOT_FOUND'])
    expect(world.auctioneer.ledger.openOrders.has(order.nonce)).toBe(true)
  })

  it('a flood of the same order, and of orders beyond the cap', async () => {
    const small = await World.start({ caps: { ...OPTIONS.caps, ordersPerAccount: 3 } })
    const [bob] = await small.openTraders(['bob', 2])
    if (bob === undefined) throw new Error('no trader')
    const order = bob.bid(1)
    const same = await Promise.allSettled(Array.from({ length: 20 }, () => bob.submit(order)))
    expect(same.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const more = await Promise.allSettled(Array.from({ length: 20 }, () => bob.submit(bob.bid(1))))
    expect(more.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    expect(more.at(-1)).toMatchObject({ reason: { code: 'ORDER_LIMIT_REACHED' } })
    expect(small.auctioneer.ledger.openOrders.size).toBe(3)
  })

  it('wrong signature', async () => {
    expect(await orderRefusal(signed(alice.bid(1), sha256(Buffer.from('other'))))).toBe('ORDER_SIGNATURE_INVALID')
  })

  it('repeated nonce and funding key', async () => {
    const order = alice.bid(1)
    expect(await orderRefusal(signed(order))).toBe('accepted')
    expect(await orderRefusal(signed(order))).toBe('ORDER_NONCE_USED')
    expect(await orderRefusal(signed(alice.bid(1, { multiSigKey: order.multiSigKey })))).toBe('ORDER_FUNDING_KEY_USED')
  })

  it('unknown version, an address that needs a name server, half a unit as minimum', async () => {
    const wire = signed(alice.ask(1))
    const withAsk = (change: (ask: poolrpc.ServerAskInit) => poolrpc.ServerAskInit) => {
      if (wire.details?.case !== 'ask') throw new Error('no ask')
      return { ...wire, details: { case: 'ask' as const, value: change(wire.details.value) } }
    }
    expect(await orderRefusal(withAsk((ask) => ({ ...ask, version: 6 })))).toBe('ORDER_VERSION_UNKNOWN')
    const address = { network: 'tcp', addr: 'example.com:9735' }
    const named = withAsk((ask) => ({ ...ask, details: { ...ask.details, nodeAddr: [address] } }))
    expect(await orderRefusal(named)).toBe('ORDER_NODE_ADDRESS_INVALID')
    const half = withAsk((ask) => ({ ...ask, details: { ...ask.details, minChanAmt: 50_000n } }))
    expect(await orderRefusal(half)).toBe('ORDER_MIN_AMOUNT_NOT_UNITS')
  })

  it('expired account', async () => {
    const late = world.trader('late')
    await late.openAccount(1_000_000, 2, 150)
    await world.mine(6)
    await world.mine(150)
    expect(await orderRefusal(signed(late.bid(1), late.secret))).toBe('ORDER_ACCOUNT_NOT_READY')
    expect(world.auctioneer.ledger.accounts.get(late.key)?.state.kind).toBe('expired')
  })
})

describe('accounts that are refused', () => {
  const fresh = (name: string) => pointFromSecret(sha256(Buffer.from(name)))
  const good = (name: string) => ({
    traderKey: fresh(name),
    accountValue: 1_000_000n,
    accountExpiry: height() + 1000,
    version: 2,
  })

  it.each([
    ['value below the minimum', () => ({ accountValue: 99_999n }), 'ACCOUNT_VALUE_TOO_LOW'],
    ['value above the cap', () => ({ accountValue: 1_000_000_001n }), 'ACCOUNT_VALUE_TOO_HIGH'],
    ['value beyond all money', () => ({ accountValue: 2n ** 64n - 1n }), 'ACCOUNT_VALUE_TOO_HIGH'],
    ['expiry too soon', () => ({ accountExpiry: height() + 140 }), 'ACCOUNT_EXPIRY_TOO_SOON'],
    ['expiry too far', () => ({ accountExpiry: height() + 52_564 }), 'ACCOUNT_EXPIRY_TOO_FAR'],
    ['unknown version', () => ({ version: 3 }), 'UNKNOWN_ACCOUNT_VERSION'],
    ['key with an account', () => ({ traderKey: Buffer.from(alice.key, 'hex') }), 'ACCOUNT_EXISTS'],
  ])('%s', async (name, change, code) => {
    expect((await refusal(client.reserveAccount({ ...good(name), ...change() })))[0]).toBe(code)
  })

  it('gives the same answer to the same reservation, and refuses another one for the key', async () => {
    const first = await client.reserveAccount(good('twice'))
    expect(await client.reserveAccount(good('twice'))).toEqual(first)
    const other = client.reserveAccount({ ...good('twice'), accountValue: 2_000_000n })
    expect((await refusal(other))[0]).toBe('RESERVATION_DIFFERS')
  })

  it('init without reservation, with another script, with another outpoint', async () => {
    const init = {
      ...good('nobody'),
      accountPoint: { txid: new Uint8Array(32).fill(7), outputIndex: 0 },
      accountScript: new Uint8Array(34),
    }
    expect((await refusal(client.initAccount(init)))[0]).toBe('RESERVATION_NOT_FOUND')
    await client.reserveAccount(good('script'))
    const scriptless = client.initAccount({ ...init, ...good('script') })
    expect((await refusal(scriptless))[0]).toBe('ACCOUNT_FUNDING_MISMATCH')
    const moved = client.initAccount({ ...init, ...good('x'), traderKey: Buffer.from(alice.key, 'hex') })
    expect((await refusal(moved))[0]).toBe('ACCOUNT_FUNDING_MISMATCH')
  })
})

describe('bytes that are not what they should be', () => {
  const bad: readonly (readonly [string, Uint8Array])[] = [
    ['empty', new Uint8Array(0)],
    ['short', new Uint8Array(32).fill(2)],
    ['long', new Uint8Array(65).fill(4)],
    ['no point', new Uint8Array(33).fill(5)],
    ['zeros', new Uint8Array(33)],
  ]

  it.each(bad)('trader keys: %s', async (_, traderKey) => {
    const request = { traderKey, accountValue: 1_000_000n, accountExpiry: height() + 1000, version: 2 }
    expect(await refusal(client.reserveAccount(request))).toEqual(['BAD_FIELD', 'INVALID_ARGUMENT'])
    const init = { ...request, accountPoint: { txid: new Uint8Array(32), outputIndex: 0 } }
    expect(await refusal(client.initAccount(init))).toEqual(['BAD_FIELD', 'INVALID_ARGUMENT'])
  })

  it.each(['traderKey', 'multiSigKey', 'nodePub', 'orderNonce'] as const)('order field %s', async (field) => {
    for (const [, bytes] of [...bad, ['31', new Uint8Array(31).fill(1)]] as const) {
      if (field === 'orderNonce' && bytes.length === 32) continue
      const wire = signed(alice.bid(1))
      if (wire.details?.case !== 'bid') throw new Error('no bid')
      const { value } = wire.details
      const details = { case: 'bid' as const, value: { ...value, details: { ...value.details, [field]: bytes } } }
      expect(await refusal(client.submitOrder({ ...wire, details }))).toEqual(['BAD_FIELD', 'INVALID_ARGUMENT'])
    }
  })

  it('order signatures of any shape', async () => {
    for (const signature of [new Uint8Array(0), new Uint8Array(64), new Uint8Array(2000).fill(48)]) {
      expect(await orderRefusal(orderToWire(alice.bid(1), signature))).toBe('ORDER_SIGNATURE_INVALID')
    }
  })

  it('node lists, ids and preimages', async () => {
    const wire = signed(alice.bid(1))
    if (wire.details?.case !== 'bid') throw new Error('no bid')
    const { value } = wire.details
    for (const list of ['allowedNodeIds', 'notAllowedNodeIds'] as const) {
      const details = {
        case: 'bid' as const,
        value: { ...value, details: { ...value.details, [list]: [new Uint8Array(33)] } },
      }
      expect(await refusal(client.submitOrder({ ...wire, details }))).toEqual(['BAD_FIELD', 'INVALID_ARGUMENT'])
    }
    expect(await refusal(client.submitOrder({}))).toEqual(['BAD_FIELD', 'INVALID_ARGUMENT'])
    expect(await refusal(client.orderState({ orderNonce: new Uint8Array(3) }))).toEqual([
      'BAD_FIELD',
      'INVALID_ARGUMENT',
    ])
    expect(await refusal(client.nodeRating({ nodePubkeys: [new Uint8Array(33)] }))).toEqual([
      'BAD_FIELD',
      'INVALID_ARGUMENT',
    ])
    expect(await refusal(client.batchSnapshot({ batchId: new Uint8Array(32) }))).toEqual([
      'BAD_FIELD',
      'INVALID_ARGUMENT',
    ])
    expect((await refusal(client.batchSnapshot({ batchId: new Uint8Array(33) })))[0]).toBe('BATCH_NOT_FOUND')
    expect(await refusal(client.batchSnapshot({ batchId: new Uint8Array(5).fill(1) }))).toEqual([
      'BAD_FIELD',
      'INVALID_ARGUMENT',
    ])
    for (const length of [0, 31, 32, 1000]) {
      const preimage = new Uint8Array(length).fill(9)
      expect(await refusal(client.cancelOrder({ orderNoncePreimage: preimage }))).toEqual([
        'ORDER_NOT_FOUND',
        'NOT_FOUND',
      ])
    }
  })

  it('texts that a stock trader looks for', async () => {
    const details = async (call: Promise<unknown>) =>
      call.then(
        () => '',
        (error: unknown) => (error instanceof RpcError ? error.detail.details : ''),
      )
    expect(await details(client.orderState({ orderNonce: new Uint8Array(32) }))).toContain('no order found')
    expect(await details(client.cancelOrder({ orderNoncePreimage: new Uint8Array(32) }))).toContain('no order found')
    expect(await details(client.batchSnapshot({}))).toContain('batch snapshot not found')
  })

  it('answers an empty rating request with an empty list, and unknown nodes with the default', async () => {
    expect(await client.nodeRating({})).toEqual({ nodeRatings: [] })
    const node = Buffer.from(alice.node, 'hex')
    expect((await client.nodeRating({ nodePubkeys: [node] })).nodeRatings).toMatchObject([{ nodeTier: 'TIER_1' }])
    const terms = await client.terms({})
    expect(terms.executionFee).toEqual({ baseFee: 1n, feeRate: 1000n })
    expect(terms.maxAccountValue).toBe(1_000_000_000n)
    expect((await client.marketInfo({})).markets.size).toBe(3)
    expect(await refusal(client.modifyAccount({}))).toEqual(['BAD_FIELD', 'INVALID_ARGUMENT'])
  })
})

describe('streams that break the protocol', () => {
  async function endOf(...messages: readonly poolrpc.ClientAuctionMessageInit[]): Promise<string> {
    const stream = client.subscribeBatchAuction()
    for (const message of messages) await stream.send(message)
    try {
      for await (const message of stream) {
        if (message.msg?.case === 'challenge') continue
        stream.cancel()
        return message.msg?.case ?? 'nothing'
      }
      return 'OK'
    } catch (error) {
      return error instanceof RpcError ? error.detail.statusName : 'unknown'
    }
  }
  const commit = (commitHash: Uint8Array, batchVersion = 58) => ({
    msg: { case: 'commit' as const, value: { commitHash, batchVersion } },
  })
  const hash = (n: number) => sha256(Uint8Array.of(n))

  it('never ends with OK or CANCELLED', async () => {
    const traderKey = accountKey(alice.key)
    const subscribe = { kind: 'subscribe', traderKey, commitNonce: hash(1), authSig: new Uint8Array(70) } as const
    const ends = await Promise.all([
      endOf({}),
      endOf(commit(new Uint8Array(31))),
      endOf(commit(hash(2), 3)),
      endOf(commit(hash(3)), commit(hash(3))),
      endOf(clientMessageToWire(subscribe)),
      endOf(clientMessageToWire({ kind: 'recover', traderKey })),
      endOf({ msg: { case: 'sign', value: { batchId: new Uint8Array(33) } } }),
      endOf({ msg: { case: 'accept', value: { batchId: new Uint8Array(0) } } }),
    ])
    expect(ends).toEqual([
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
      'FAILED_PRECONDITION',
      'INVALID_ARGUMENT',
      'UNAUTHENTICATED',
      'FAILED_PRECONDITION',
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
    ])
  })

  it('told an unknown account so, with its key', async () => {
    const stranger = world.trader('stranger')
    const stream = client.subscribeBatchAuction()
    const { accountAuthMessage, accountCommitment } = await import('@tidepool/crypto')
    const commitNonce = hash(9)
    const commitHash = accountCommitment(stranger.key, commitNonce)
    await stream.send(commit(commitHash))
    for await (const { msg } of stream) {
      if (msg?.case === 'challenge') {
        const authSig = signMessage(accountAuthMessage(commitHash, msg.value.challenge), stranger.secret)
        const { key: traderKey } = stranger
        await stream.send(clientMessageToWire({ kind: 'subscribe', traderKey, commitNonce, authSig }))
        continue
      }
      if (msg?.case !== 'error') throw new Error('no error')
      expect(msg.value.errorCode).toBe('ACCOUNT_DOES_NOT_EXIST')
      expect(Buffer.from(msg.value.traderKey).toString('hex')).toBe(stranger.key)
      stream.cancel()
    }
  })
})

describe('after all that', () => {
  it('the daemon is up and nothing was unexpected', async () => {
    expect(unexpected).toEqual([])
    expect(await orderRefusal(signed(alice.bid(1)))).toBe('accepted')
  })
})
