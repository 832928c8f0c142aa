import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { fromHex, sha256 } from '@tidepool/crypto'
import { createClient, openChannel, RpcError, services, type poolrpc } from '@tidepool/rpc'
import { fundAccounts } from '../words/accounts.ts'
import { runBatch, untilSettled } from '../words/auction.ts'
import type { Market } from '../words/market.ts'
import { clearBook, submitAsk, submitBid } from '../words/orders.ts'
import { serverOrder } from './validRequests.ts'

const MANY = 1_000
const NODE = fromHex('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798')

type Details = Partial<poolrpc.ServerOrderInit>
type Outer = Partial<poolrpc.ServerBidInit>

/** What strangers can send to the auctioneer without any key, each with the code it is refused with. */
const WRONG: readonly (readonly [code: string, details: Details, outer?: Outer])[] = [
  ['ORDER_SIGNATURE_INVALID', {}],
  ['ORDER_ACCOUNT_UNKNOWN', { traderKey: NODE }],
  ['ORDER_AMOUNT_NOT_UNITS', { amt: 150_000n }],
  ['ORDER_MIN_AMOUNT_NOT_UNITS', { minChanAmt: 1n }],
  ['ORDER_MIN_UNITS_ABOVE_UNITS', { minChanAmt: 200_000n }],
  ['ORDER_RATE_ZERO', { rateFixed: 0 }],
  ['ORDER_FEE_RATE_TOO_LOW', { maxBatchFeeRateSatPerKw: 1n }],
  ['ORDER_BOTH_NODE_LISTS', { allowedNodeIds: [NODE], notAllowedNodeIds: [NODE] }],
  ['ORDER_LIMIT_REACHED', { notAllowedNodeIds: Array.from({ length: 5_000 }, () => NODE) }],
  ['ORDER_NODE_ADDRESS_INVALID', { nodeAddr: [{ network: 'tcp', addr: 'example.com:9735' }] }],
  ['ORDER_NONCE_ZERO', { orderNonce: new Uint8Array(32) }],
  ['ORDER_DURATION_UNKNOWN', {}, { leaseDurationBlocks: 2_000 }],
  ['ORDER_VERSION_UNKNOWN', {}, { version: 6 }],
  ['ORDER_VERSION_TOO_LOW', {}, { version: 4 }],
  ['ORDER_SELF_BALANCE_TOO_HIGH', {}, { selfChanBalance: 100_001n }],
  ['ORDER_ZERO_CONF_CHANNEL_TYPE', { channelType: 'ORDER_CHANNEL_TYPE_PEER_DEPENDENT' }, { zeroConfChannel: true }],
  ['ORDER_OUTBOUND_SELF_BALANCE', { auctionType: 'AUCTION_TYPE_BTC_OUTBOUND_LIQUIDITY' }],
]

/** Thousands of bad orders and guessed cancels at once: each is refused with its code, the book is as before and trades. */
export async function floods(market: Market): Promise<void> {
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [maker, taker] = await fundAccounts(
    market,
    { trader: alice, value: 1_000_000n, version: 2 },
    { trader: bob, value: 1_000_000n, version: 1 },
  )
  const ask = await submitAsk(maker, { amount: 300_000n, rate: 1_000 })
  const tls = { kind: 'ca', pem: readFileSync(market.auctioneer.tlsCertPath) } as const
  const channel = openChannel({ address: market.auctioneer.address, tls })
  const client = createClient(services.poolrpc.ChannelAuctioneer, channel)
  const before = await market.auctioneer.admin.listOrders({ includeArchived: true })
  try {
    const bids = Array.from({ length: MANY }, (_, i) => {
      const [code, details, outer] = WRONG[i % WRONG.length] ?? ['', {}]
      return { code, request: wrongBid(fromHex(maker.key), i, details, outer) }
    })
    const answers = await Promise.all(bids.map(({ request }) => orderCode(client.submitOrder(request))))
    expect(answers).toEqual(bids.map(({ code }) => code))
    const preimages = Array.from({ length: MANY }, (_, i) => sha256(Uint8Array.of(i & 255, i >> 8)))
    const known = fromHex(ask.nonce)
    const cancels = [known, ...preimages].map((orderNoncePreimage) =>
      callCode(client.cancelOrder({ orderNoncePreimage })),
    )
    expect(new Set(await Promise.all(cancels))).toEqual(new Set(['ORDER_NOT_FOUND']))
  } finally {
    channel.close()
  }
  expect(await market.auctioneer.admin.listOrders({ includeArchived: true })).toEqual(before)
  await submitBid(taker, { amount: 300_000n, rate: 1_500 })
  await untilSettled(await runBatch(market), maker, taker)
}

function wrongBid(
  account: Uint8Array,
  number: number,
  details: Details,
  outer: Outer = {},
): poolrpc.ServerSubmitOrderRequestInit {
  const good = serverOrder(account)
  const orderNonce = sha256(Uint8Array.of(7, number & 255, number >> 8))
  return {
    details: { case: 'bid', value: { ...good, ...outer, details: { ...good.details, orderNonce, ...details } } },
  }
}

async function orderCode(call: Promise<poolrpc.ServerSubmitOrderResponse>): Promise<string | undefined> {
  const { details } = await call
  return details?.case === 'invalidOrder' ? /\[([A-Z_]+)\]$/.exec(details.value.failString)?.[1] : details?.case
}

async function callCode(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call
    return 'answered'
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    return error.detail.errorCode
  }
}
