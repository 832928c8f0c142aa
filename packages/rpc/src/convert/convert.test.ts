import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accountKey,
  accountVersion,
  batchId,
  batchKey,
  blockCount,
  blockHeight,
  nodeKey,
  orderNonce,
  outPoint,
  pointFromSecret,
  pubKey,
  satoshi,
  satPerKWeight,
  txid,
} from '@tidepool/crypto'
import {
  nodeAddress,
  orderVersion,
  ratePpb,
  supplyUnits,
  unitsToSat,
  type Ask,
  type Bid,
  type Order,
} from '@tidepool/market'
import {
  decodeMessage,
  encodeMessage,
  fillMessage,
  type InitOf,
  type MessageName,
  type MessageOf,
} from '../codec/message.ts'
import { auctionAccountFromWire, auctionAccountToWire, type AuctionAccountView } from './account.ts'
import { inField } from './errors.ts'
import { orderFromWire, orderToWire } from './order.ts'
import { marketsToWire } from './proposal.ts'
import { rejectFromWire, rejectToWire } from './reject.ts'
import { snapshotToWire, wantedBatchFromWire, wantedBatchToWire } from './snapshot.ts'
import { clientMessageFromWire, serverMessageToWire } from './subscription.ts'
import { marketInfoToWire, nodeRatingFromWire, nodeRatingToWire, termsFromWire, termsToWire } from './terms.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const point = fc.integer({ min: 1, max: 10_000 }).map((n) => {
  const secret = new Uint8Array(32)
  new DataView(secret.buffer).setUint32(28, n)
  return pointFromSecret(secret)
})
const money = fc.bigInt({ min: 0n, max: 2_100_000_000_000_000n }).map(satoshi)
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const address = fc.constantFrom('192.0.2.1:9735', '[2001:db8::5]:1', 'expyuzz4wqqyqhjn.onion:65535')

const base = {
  nonce: bytes32.map(orderNonce),
  version: fc.constantFrom(0, 1, 2, 3, 4, 5).map(orderVersion),
  auctionType: fc.constantFrom('inbound' as const, 'outbound' as const),
  rate: uint32.map(ratePpb),
  amount: money,
  minUnitsMatch: fc.integer({ min: 0, max: 21_000_000 }).map(supplyUnits),
  leaseDuration: uint32.map(blockCount),
  maxBatchFeeRate: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(satPerKWeight),
  channelType: fc.constantFrom('peerDependent' as const, 'scriptEnforced' as const, 'simpleTaproot' as const),
  multiSigKey: point.map((key) => pubKey(key)),
  nodeKey: point.map(nodeKey),
  nodeAddresses: fc.array(
    address.map((addr) => nodeAddress('tcp', addr)),
    { maxLength: 3 },
  ),
  accountKey: point.map(accountKey),
  nodeFilter: fc.oneof(
    fc.constant({ kind: 'any' as const }),
    fc.record({
      kind: fc.constantFrom('allow' as const, 'deny' as const),
      nodes: fc.array(point.map(nodeKey), { minLength: 1, maxLength: 3 }),
    }),
  ),
  isPublic: fc.boolean(),
}

const asks: fc.Arbitrary<Ask> = fc.record({
  ...base,
  kind: fc.constant('ask' as const),
  announcement: fc.constantFrom('none' as const, 'onlyAnnounced' as const, 'onlyUnannounced' as const),
  confirmation: fc.constantFrom('none' as const, 'onlyConfirmed' as const, 'onlyZeroConf' as const),
})
const bids: fc.Arbitrary<Bid> = fc.record({
  ...base,
  kind: fc.constant('bid' as const),
  minNodeTier: fc.constantFrom('default' as const, 'tier0' as const, 'tier1' as const),
  selfChannelBalance: money,
  isSidecar: fc.boolean(),
  unannounced: fc.boolean(),
  zeroConf: fc.boolean(),
})

/** What the peer reads of it. */
const overWire = <N extends MessageName>(name: N, init: InitOf<N>): MessageOf<N> =>
  decodeMessage(name, encodeMessage(name, init))

describe('orders', () => {
  it('come through unchanged', () => {
    fc.assert(
      fc.property(fc.oneof<fc.Arbitrary<Order>[]>(asks, bids), fc.uint8Array({ maxLength: 72 }), (order, signature) => {
        const message = overWire('poolrpc.ServerSubmitOrderRequest', orderToWire(order, signature, 'me'))
        expect(orderFromWire(message)).toEqual({ order, signature, userAgent: 'me' })
      }),
      { numRuns: 100 },
    )
  })

  const [bid] = fc.sample(bids, { numRuns: 1, seed: 1 })
  const faulty = (change: object, details: object): MessageOf<'poolrpc.ServerSubmitOrderRequest'> => {
    if (bid === undefined) throw new Error('no sample')
    const init = orderToWire(bid, new Uint8Array())
    const value = { ...init.details?.value, ...change, details: { ...init.details?.value.details, ...details } }
    return fillMessage('poolrpc.ServerSubmitOrderRequest', { details: { case: 'bid', value } })
  }
  it.each([
    ['bid.details.trader_key', {}, { traderKey: new Uint8Array(33) }, 'BAD_PUBLIC_KEY'],
    ['bid.details.order_nonce', {}, { orderNonce: new Uint8Array(31) }, 'BAD_ID'],
    ['bid.details.amt', {}, { amt: 2n ** 64n - 1n }, 'AMOUNT_OUT_OF_RANGE'],
    ['bid.details.min_chan_amt', {}, { minChanAmt: 150_000n }, 'ORDER_MIN_AMOUNT_NOT_UNITS'],
    [
      'bid.details.node_addr[0].addr',
      {},
      { nodeAddr: [{ network: 'tcp', addr: 'a.org:1' }] },
      'ORDER_NODE_ADDRESS_INVALID',
    ],
    ['bid.details.channel_type', {}, { channelType: 'UNRECOGNIZED_4' }, 'unknown value UNRECOGNIZED_4'],
    ['bid.details.allowed_node_ids[0]', {}, { allowedNodeIds: [new Uint8Array(33)] }, 'BAD_PUBLIC_KEY'],
    ['bid.version', { version: 6 }, {}, 'ORDER_VERSION_UNKNOWN'],
    ['bid.min_node_tier', { minNodeTier: 'UNRECOGNIZED_3' }, {}, 'unknown value UNRECOGNIZED_3'],
    ['bid.self_chan_balance', { selfChanBalance: 2n ** 63n }, {}, 'AMOUNT_OUT_OF_RANGE'],
  ])('name the place of a fault: %s', (field, change, details, reason) => {
    expect(() => orderFromWire(faulty(change, details))).toThrow(
      expect.objectContaining({ detail: { code: 'BAD_FIELD', field, reason } }),
    )
  })

  it('refuses both node lists, and no order at all', () => {
    const key = pointFromSecret(new Uint8Array(32).fill(1))
    const both = { allowedNodeIds: [key], notAllowedNodeIds: [key] }
    expect(() => orderFromWire(faulty({}, both))).toThrow(/not both/)
    expect(() => orderFromWire(fillMessage('poolrpc.ServerSubmitOrderRequest', {}))).toThrow(/details: missing/)
  })
})

const key = pointFromSecret(new Uint8Array(32).fill(3))
const id = batchId(key)
const nonce = orderNonce(new Uint8Array(32).fill(9))

describe('rejects', () => {
  it('come through unchanged', () => {
    const reject = {
      batchId: id,
      code: 'partialReject' as const,
      reason: 'two nodes',
      rejectedOrders: new Map([[nonce, { reason: 'known', code: 'duplicatePeer' as const }]]),
    }
    expect(rejectFromWire(overWire('poolrpc.OrderMatchReject', rejectToWire(reject)))).toEqual(reject)
  })

  it('with codes we do not know mean the most they can', () => {
    const rejectedOrders = new Map([[nonce as string, { reasonCode: 'UNRECOGNIZED_8' as const }]])
    const message = { batchId: key, reasonCode: 'UNRECOGNIZED_9' as const, rejectedOrders }
    const read = rejectFromWire(overWire('poolrpc.OrderMatchReject', message))
    expect(read).toMatchObject({ code: 'unknown' })
    expect(read.rejectedOrders.get(nonce)).toEqual({ reason: '', code: 'channelFundingFailed' })
  })

  it('in part, but of nothing, are whole', () => {
    const message = { batchId: key, reasonCode: 'PARTIAL_REJECT' as const }
    expect(rejectFromWire(fillMessage('poolrpc.OrderMatchReject', message)).code).toBe('unknown')
  })

  it.each(['zz', '00', `${nonce}${nonce}`])('refuse the nonce %s', (text) => {
    const message = fillMessage('poolrpc.OrderMatchReject', { batchId: key, rejectedOrders: new Map([[text, {}]]) })
    expect(() => rejectFromWire(message)).toThrow(expect.objectContaining({ code: 'BAD_FIELD' }))
  })
})

describe('the stream', () => {
  it.each([
    [{}, /msg: missing/],
    [
      { msg: { case: 'commit', value: { commitHash: new Uint8Array(31) } } },
      /commit.commit_hash: expected 32 bytes, got 31/,
    ],
    [{ msg: { case: 'subscribe', value: { commitNonce: new Uint8Array(32) } } }, /subscribe.trader_key/],
    [{ msg: { case: 'accept', value: { batchId: new Uint8Array(33) } } }, /accept.batch_id/],
    [
      { msg: { case: 'sign', value: { batchId: key, channelInfos: new Map([['00:1', {}]]) } } },
      /sign.channel_infos\[00:1\]/,
    ],
    [
      { msg: { case: 'sign', value: { batchId: key, traderNonces: new Map([[id as string, key]]) } } },
      /expected 66 bytes, got 33/,
    ],
  ] as const)('refuses a bad message: %#', (message, reason) => {
    const read = () =>
      clientMessageFromWire(
        fillMessage('poolrpc.ClientAuctionMessage', message as InitOf<'poolrpc.ClientAuctionMessage'>),
      )
    expect(read).toThrow(reason)
  })

  const account: AuctionAccountView = {
    value: satoshi(5n),
    expiry: blockHeight(6),
    traderKey: accountKey(key),
    auctioneerKey: pubKey(key),
    batchKey: batchKey(key),
    state: 'expiredPendingUpdate',
    heightHint: blockHeight(7),
    version: accountVersion(2),
    outpoint: outPoint(txid('ab'.repeat(32)), 1),
    latestTx: Uint8Array.of(1),
  }

  it('tells errors by the codes a stock trader routes', () => {
    const sent = (message: Parameters<typeof serverMessageToWire>[0]) =>
      overWire('poolrpc.ServerAuctionMessage', serverMessageToWire(message)).msg?.value
    const { traderKey } = account
    expect(sent({ kind: 'shutdown' })).toMatchObject({ errorCode: 'SERVER_SHUTDOWN', traderKey: new Uint8Array() })
    expect(sent({ kind: 'accountUnknown', traderKey })).toMatchObject({
      errorCode: 'ACCOUNT_DOES_NOT_EXIST',
      traderKey: key,
    })
    expect(
      sent({ kind: 'accountReserved', traderKey, reservation: { ...account, outpoint: undefined } }),
    ).toMatchObject({
      errorCode: 'INCOMPLETE_ACCOUNT_RESERVATION',
      traderKey: key,
      accountReservation: { value: 5n, outpoint: undefined },
    })
  })

  it('tells accounts whole', () => {
    const read = (view: AuctionAccountView) =>
      auctionAccountFromWire(overWire('poolrpc.AuctionAccount', auctionAccountToWire(view)))
    expect(read(account)).toEqual(account)
    expect(read({ ...account, outpoint: undefined })).toEqual({ ...account, outpoint: undefined })
  })
})

describe('terms', () => {
  const terms = {
    maxAccountValue: 1_000_000_000n,
    executionFee: { baseFee: satoshi(1n), feeRatePpm: 1000n },
    buckets: new Map([
      [blockCount(2016), 'open' as const],
      [blockCount(4032), 'acceptingOrders' as const],
      [blockCount(144), 'closed' as const],
    ]),
    nextBatchConfTarget: 6,
    nextBatchFeeRate: satPerKWeight(253n),
    nextBatchClearAt: 1_900_000_000,
    autoRenewExtension: blockCount(3024),
  }

  it('come through unchanged, old fields filled in', () => {
    const message = overWire('poolrpc.TermsResponse', termsToWire(terms))
    expect(termsFromWire(message)).toEqual({
      ...terms,
      buckets: new Map([...terms.buckets].toSorted(([a], [b]) => a - b)),
    })
    expect(message.maxOrderDurationBlocks).toBe(4032)
    expect(message.leaseDurations).toEqual(
      new Map([
        [144, false],
        [2016, true],
        [4032, true],
      ]),
    )
  })

  it('are refused without fee or with a maximum of zero; unknown buckets are closed', () => {
    const message = fillMessage('poolrpc.TermsResponse', termsToWire(terms))
    expect(() => termsFromWire({ ...message, executionFee: undefined })).toThrow(/execution_fee: missing/)
    expect(() => termsFromWire({ ...message, maxAccountValue: 0n })).toThrow(/must be positive/)
    const newer = { ...message, leaseDurationBuckets: new Map([[1, 'UNRECOGNIZED_7' as const]]) }
    expect(termsFromWire(newer).buckets).toEqual(new Map([[1, 'closed']]))
  })

  it('ratings and market', () => {
    const rating = { node: nodeKey(key), tier: 0 as const }
    expect(nodeRatingFromWire(overWire('poolrpc.NodeRating', nodeRatingToWire(rating)))).toEqual(rating)
    const markets = new Map([[blockCount(2016), { asks: [{ tier: 1 as const, orders: 2, units: 30 }], bids: [] }]])
    expect(overWire('poolrpc.MarketInfoResponse', marketInfoToWire(markets)).markets.get(2016)).toEqual({
      numAsks: [{ tier: 'TIER_1', value: 2 }],
      askOpenInterestUnits: [{ tier: 'TIER_1', value: 30 }],
      numBids: [],
      bidOpenInterestUnits: [],
    })
  })
})

describe('snapshots', () => {
  it('show the 2016 block market in the old fields too', () => {
    const order = { version: 5, duration: blockCount(2016), rate: ratePpb(7), channelType: 'peerDependent' as const }
    const matches = [
      { ask: order, bid: order, rate: ratePpb(7), satoshisCleared: unitsToSat(supplyUnits(3)), units: supplyUnits(3) },
    ]
    const message = overWire(
      'poolrpc.BatchSnapshotResponse',
      snapshotToWire({
        version: 0,
        batchId: id,
        previousId: id,
        transaction: Uint8Array.of(1),
        txid: txid('cd'.repeat(32)),
        feeRate: satPerKWeight(253n),
        createdAtNs: 5n,
        markets: new Map([
          [blockCount(2016), { clearingPrice: ratePpb(7), matches }],
          [blockCount(4032), { clearingPrice: ratePpb(9), matches: [] }],
        ]),
      }),
    )
    expect(message.matchedOrders).toEqual(message.matchedMarkets.get(2016)?.matchedOrders)
    expect([message.clearingPriceRate, message.matchedMarkets.get(4032)?.clearingPriceRate]).toEqual([7, 9])
    expect(message.matchedOrders[0]).toMatchObject({ totalSatsCleared: 300_000n, unitsMatched: 3 })
    expect(message.batchTxId).toBe('cd'.repeat(32))
  })

  it('name the latest batch by nothing or zeros', () => {
    expect(wantedBatchFromWire(new Uint8Array())).toBeUndefined()
    expect(wantedBatchFromWire(wantedBatchToWire(undefined))).toBeUndefined()
    expect(wantedBatchFromWire(wantedBatchToWire(id))).toBe(id)
    expect(() => wantedBatchFromWire(new Uint8Array(32))).toThrow(/batch_id/)
  })
})

it('refuses to propose a match that has no price', () => {
  const [counterpart] = fc.sample(asks, 1)
  if (counterpart === undefined) throw new Error('no sample')
  const match = { ownNonce: nonce, counterpart, units: supplyUnits(1) }
  expect(() => marketsToWire([match], new Map())).toThrow(/clearing price .* missing/)
})

it('lets faults that are nobody else’s through', () => {
  expect(() =>
    inField('x', () => {
      throw new TypeError('bug')
    }),
  ).toThrow(TypeError)
})
