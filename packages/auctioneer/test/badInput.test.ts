import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  accountAuthMessage,
  accountCommitment,
  accountKey,
  pointFromSecret,
  sha256,
  signMessage,
} from '@tidepool/crypto'
import type { Order } from '@tidepool/market'
import { RpcError, clientMessageToWire, orderToWire } from '@tidepool/rpc'
import type { poolrpc } from '@tidepool/rpc'
import type { ScriptedTrader } from './scriptedTrader.ts'
import { orderRefusal, refusal, serve, signedBy } from './served.ts'
import type { Served } from './served.ts'
import { World } from './world.ts'

let world: World
let served: Served
let alice: ScriptedTrader

beforeAll(async () => {
  world = await World.start()
  const [trader] = await world.openTraders(['alice', 2])
  if (trader === undefined) throw new Error('no trader')
  alice = trader
  served = await serve(world)
})

afterAll(() => served.stop())

const signed = (order: Order) => signedBy(alice, order)
const height = () => world.chain.bestHeight()

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
    expect((await refusal(served.client.reserveAccount({ ...good(name), ...change() })))[0]).toBe(code)
  })

  it('gives the same answer to the same reservation, and refuses another one for the key', async () => {
    const first = await served.client.reserveAccount(good('twice'))
    expect(await served.client.reserveAccount(good('twice'))).toEqual(first)
    const other = served.client.reserveAccount({ ...good('twice'), accountValue: 2_000_000n })
    expect((await refusal(other))[0]).toBe('RESERVATION_DIFFERS')
  })

  it('init without reservation, with another script, with another outpoint', async () => {
    const init = {
      ...good('nobody'),
      accountPoint: { txid: new Uint8Array(32).fill(7), outputIndex: 0 },
      accountScript: new Uint8Array(34),
    }
    expect((await refusal(served.client.initAccount(init)))[0]).toBe('RESERVATION_NOT_FOUND')
    await served.client.reserveAccount(good('script'))
    const scriptless = served.client.initAccount({ ...init, ...good('script') })
    expect((await refusal(scriptless))[0]).toBe('ACCOUNT_FUNDING_MISMATCH')
    const moved = served.client.initAccount({ ...init, ...good('x'), traderKey: Buffer.from(alice.key, 'hex') })
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
    expect(await refusal(served.client.reserveAccount(request))).toEqual(['BAD_FIELD', 'INVALID_ARGUMENT'])
    const init = { ...request, accountPoint: { txid: new Uint8Array(32), outputIndex: 0 } }
    expect(await refusal(served.client.initAccount(init))).toEqual(['BAD_FIELD', 'INVALID_ARGUMENT'])
  })

  it.each(['traderKey', 'multiSigKey', 'nodePub', 'orderNonce'] as const)('order field %s', async (field) => {
    for (const [, bytes] of [...bad, ['31', new Uint8Array(31).fill(1)]] as const) {
      if (field === 'orderNonce' && bytes.length === 32) continue
      const wire = signed(alice.bid(1))
      if (wire.details?.case !== 'bid') throw new Error('no bid')
      const { value } = wire.details
      const details = { case: 'bid' as const, value: { ...value, details: { ...value.details, [field]: bytes } } }
      expect(await refusal(served.client.submitOrder({ ...wire, details }))).toEqual(['BAD_FIELD', 'INVALID_ARGUMENT'])
    }
  })

  it('order signatures of any shape', async () => {
    for (const signature of [new Uint8Array(0), new Uint8Array(64), new Uint8Array(2000).fill(48)]) {
      expect(await orderRefusal(served, orderToWire(alice.bid(1), signature))).toBe('ORDER_SIGNATURE_INVALID')
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
      expect(await refusal(served.client.submitOrder({ ...wire, details }))).toEqual(['BAD_FIELD', 'INVALID_ARGUMENT'])
    }
    expect(await refusal(served.client.submitOrder({}))).toEqual(['BAD_FIELD', 'INVALID_ARGUMENT'])
    expect(await refusal(served.client.orderState({ orderNonce: new Uint8Array(3) }))).toEqual([
      'BAD_FIELD',
      'INVALID_ARGUMENT',
    ])
    expect(await refusal(served.client.nodeRating({ nodePubkeys: [new Uint8Array(33)] }))).toEqual([
      'BAD_FIELD',
      'INVALID_ARGUMENT',
    ])
    expect(await refusal(served.client.batchSnapshot({ batchId: new Uint8Array(32) }))).toEqual([
      'BAD_FIELD',
      'INVALID_ARGUMENT',
    ])
    expect((await refusal(served.client.batchSnapshot({ batchId: new Uint8Array(33) })))[0]).toBe('BATCH_NOT_FOUND')
    const snapshots = (numBatchesBack: number) =>
      served.client.batchSnapshots({ startBatchId: new Uint8Array(), numBatchesBack })
    expect(await refusal(snapshots(101))).toEqual(['TOO_MANY_BATCHES', 'INVALID_ARGUMENT'])
    expect((await snapshots(100)).batches).toEqual([])
    expect(await refusal(served.client.batchSnapshot({ batchId: new Uint8Array(5).fill(1) }))).toEqual([
      'BAD_FIELD',
      'INVALID_ARGUMENT',
    ])
    for (const length of [0, 31, 32, 1000]) {
      const preimage = new Uint8Array(length).fill(9)
      expect(await refusal(served.client.cancelOrder({ orderNoncePreimage: preimage }))).toEqual([
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
    expect(await details(served.client.orderState({ orderNonce: new Uint8Array(32) }))).toContain('no order found')
    expect(await details(served.client.cancelOrder({ orderNoncePreimage: new Uint8Array(32) }))).toContain(
      'no order found',
    )
    expect(await details(served.client.batchSnapshot({}))).toContain('batch snapshot not found')
  })

  it('answers an empty rating request with an empty list, and unknown nodes with the default', async () => {
    expect(await served.client.nodeRating({})).toEqual({ nodeRatings: [] })
    const node = Buffer.from(alice.node, 'hex')
    expect((await served.client.nodeRating({ nodePubkeys: [node] })).nodeRatings).toMatchObject([
      { nodeTier: 'TIER_1' },
    ])
    const terms = await served.client.terms({})
    expect(terms.executionFee).toEqual({ baseFee: 1n, feeRate: 1000n })
    expect(terms.maxAccountValue).toBe(1_000_000_000n)
    expect((await served.client.marketInfo({})).markets.size).toBe(3)
    expect(await refusal(served.client.modifyAccount({}))).toEqual(['BAD_FIELD', 'INVALID_ARGUMENT'])
  })
})

describe('streams that break the protocol', () => {
  async function endOf(...messages: readonly poolrpc.ClientAuctionMessageInit[]): Promise<string> {
    const stream = served.client.subscribeBatchAuction()
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
    const stream = served.client.subscribeBatchAuction()
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
    expect(served.unexpected).toEqual([])
    expect(await orderRefusal(served, signed(alice.bid(1)))).toBe('accepted')
  })
})
