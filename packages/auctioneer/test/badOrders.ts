import { accountKey, blockCount, pointFromSecret, satoshi, satPerKWeight, sha256 } from '@tidepool/crypto'
import { ratePpb, supplyUnits } from '@tidepool/market'
import type { Ask, Bid } from '@tidepool/market'
import type { poolrpc } from '@tidepool/rpc'
import type { ScriptedTrader } from './scriptedTrader.ts'
import { signedBy } from './served.ts'

type Request = poolrpc.ServerSubmitOrderRequestInit
/** What is wrong, the code it is refused with, and the request. */
export type BadOrder = readonly [what: string, code: string, make: (trader: ScriptedTrader) => Request]

const U32 = 0xffff_ffff
const U64 = 2n ** 64n - 1n
const outbound = { auctionType: 'outbound' } as const
const balance = (sat: number) => ({ selfChannelBalance: satoshi(sat) })
const minimum = (units: number) => ({ minUnitsMatch: supplyUnits(units) })
const plain = { channelType: 'peerDependent' } as const

/** Well signed and well formed, against the rules. */
const bid =
  (fields: Partial<Bid>, units = 1) =>
  (trader: ScriptedTrader): Request =>
    signedBy(trader, trader.bid(units, fields))
const ask =
  (fields: Partial<Ask>, units = 1) =>
  (trader: ScriptedTrader): Request =>
    signedBy(trader, trader.ask(units, fields))

type Details = Partial<poolrpc.ServerOrderInit>

/** What no order of ours can say, put into the message. */
const rawBid =
  (details: Details, outer: Partial<poolrpc.ServerBidInit> = {}) =>
  (trader: ScriptedTrader): Request => {
    const request = signedBy(trader, trader.bid(1))
    if (request.details?.case !== 'bid') throw new Error('no bid')
    const { value } = request.details
    return { details: { case: 'bid', value: { ...value, ...outer, details: { ...value.details, ...details } } } }
  }
const rawAsk =
  (details: Details, outer: Partial<poolrpc.ServerAskInit> = {}) =>
  (trader: ScriptedTrader): Request => {
    const request = signedBy(trader, trader.ask(1))
    if (request.details?.case !== 'ask') throw new Error('no ask')
    const { value } = request.details
    return { details: { case: 'ask', value: { ...value, ...outer, details: { ...value.details, ...details } } } }
  }

const nodeId = pointFromSecret(sha256(Buffer.from('some node')))
const at = (addr: string, network = 'tcp') => rawAsk({ nodeAddr: [{ network, addr }] })

const AMOUNTS: readonly BadOrder[] = [
  ['amount zero', 'ORDER_AMOUNT_NOT_UNITS', bid({ amount: satoshi(0) })],
  ['amount below a unit', 'ORDER_AMOUNT_NOT_UNITS', bid({ amount: satoshi(99_999) })],
  ['a unit and a half', 'ORDER_AMOUNT_NOT_UNITS', ask({ amount: satoshi(150_000) })],
  ['amount above all money', 'BAD_FIELD', rawBid({ amt: U64 })],
  ['amount above the account', 'ORDER_INSUFFICIENT_BALANCE', ask({}, 51)],
  ['amount above what the venue takes', 'ORDER_LIMIT_REACHED', ask({}, 10_001)],
  ['minimum zero', 'ORDER_MIN_UNITS_ZERO', bid(minimum(0))],
  ['minimum of half a unit', 'ORDER_MIN_AMOUNT_NOT_UNITS', rawAsk({ minChanAmt: 50_000n })],
  ['minimum above the amount', 'ORDER_MIN_UNITS_ABOVE_UNITS', bid(minimum(2))],
  ['minimum above all money', 'BAD_FIELD', rawBid({ minChanAmt: (U64 / 100_000n) * 100_000n })],
  [
    'a channel above what the venue takes',
    'ORDER_LIMIT_REACHED',
    bid({ ...minimum(9_999), ...balance(200_000) }, 9_999),
  ],
]

const PRICES: readonly BadOrder[] = [
  ['rate zero', 'ORDER_RATE_ZERO', bid({ rate: ratePpb(0) })],
  ['rate zero, asked', 'ORDER_RATE_ZERO', ask({ rate: ratePpb(0) })],
  ['a rate that no account can pay', 'ORDER_INSUFFICIENT_BALANCE', bid({ rate: ratePpb(U32) })],
  ['fee rate below the floor', 'ORDER_FEE_RATE_TOO_LOW', bid({ maxBatchFeeRate: satPerKWeight(252) })],
  ['fee rate zero', 'ORDER_FEE_RATE_TOO_LOW', ask({ maxBatchFeeRate: satPerKWeight(0) })],
  [
    'a fee rate that no account can pay',
    'ORDER_INSUFFICIENT_BALANCE',
    bid({ maxBatchFeeRate: satPerKWeight(2n ** 40n) }),
  ],
  ['fee rate out of range', 'BAD_FIELD', rawBid({ maxBatchFeeRateSatPerKw: U64 })],
]

const DURATIONS: readonly BadOrder[] = [
  ['unknown duration', 'ORDER_DURATION_UNKNOWN', bid({ leaseDuration: blockCount(2000) })],
  ['longest duration', 'ORDER_DURATION_UNKNOWN', rawBid({}, { leaseDurationBlocks: U32 })],
  ['duration zero', 'ORDER_DURATION_UNKNOWN', rawAsk({}, { leaseDurationBlocks: 0 })],
  ['closed duration', 'ORDER_DURATION_CLOSED', bid({ leaseDuration: blockCount(1008) })],
]

const VERSIONS: readonly BadOrder[] = [
  ['unknown version', 'ORDER_VERSION_UNKNOWN', rawAsk({}, { version: 6 })],
  ['largest version', 'ORDER_VERSION_UNKNOWN', rawBid({}, { version: U32 })],
  [
    'duration before version 2',
    'ORDER_VERSION_TOO_LOW',
    bid({ version: 1, ...plain, leaseDuration: blockCount(4032) }),
  ],
  ['self balance before version 3', 'ORDER_VERSION_TOO_LOW', bid({ version: 2, ...plain, ...balance(1000) })],
  ['sidecar before version 4', 'ORDER_VERSION_TOO_LOW', bid({ version: 3, ...plain, isSidecar: true })],
  ['channel type before version 5', 'ORDER_VERSION_TOO_LOW', ask({ version: 4 })],
]

const SELF_BALANCES: readonly BadOrder[] = [
  ['self balance above the amount', 'ORDER_SELF_BALANCE_TOO_HIGH', bid(balance(100_001))],
  ['self balance with partial minimum', 'ORDER_SELF_BALANCE_NOT_WHOLE', bid({ ...minimum(1), ...balance(1000) }, 2)],
  ['self balance above all money', 'BAD_FIELD', rawBid({}, { selfChanBalance: U64 })],
  [
    'self balance that the account does not have',
    'ORDER_INSUFFICIENT_BALANCE',
    bid({ ...outbound, ...balance(5_000_000) }),
  ],
  ['outbound of two units', 'ORDER_OUTBOUND_NOT_ONE_UNIT', ask(outbound, 2)],
  ['outbound without own coins', 'ORDER_OUTBOUND_SELF_BALANCE', bid(outbound)],
  ['outbound with half a unit of own coins', 'ORDER_OUTBOUND_SELF_BALANCE', bid({ ...outbound, ...balance(150_000) })],
  ['outbound bid with a minimum of two units', 'ORDER_OUTBOUND_MIN_UNITS', bid({ ...outbound, ...minimum(2) })],
  ['sidecar', 'NOT_OFFERED', bid({ isSidecar: true })],
  ['outbound sidecar', 'ORDER_SIDECAR_OUTBOUND', bid({ ...outbound, ...balance(100_000), isSidecar: true })],
  ['sidecar with partial minimum', 'ORDER_SIDECAR_NOT_WHOLE', bid({ ...minimum(1), isSidecar: true }, 2)],
]

const CHANNELS: readonly BadOrder[] = [
  ['zero-conf without a channel type', 'ORDER_ZERO_CONF_CHANNEL_TYPE', bid({ ...plain, zeroConf: true })],
  [
    'zero-conf only, without a channel type',
    'ORDER_ZERO_CONF_CHANNEL_TYPE',
    ask({ ...plain, confirmation: 'onlyZeroConf' }),
  ],
  ['taproot but announced', 'ORDER_TAPROOT_ANNOUNCED', bid({ channelType: 'simpleTaproot' })],
  [
    'taproot for announced channels only',
    'ORDER_TAPROOT_ANNOUNCED',
    ask({ channelType: 'simpleTaproot', announcement: 'onlyAnnounced' }),
  ],
  ['unknown channel type', 'BAD_FIELD', rawBid({ channelType: 'UNRECOGNIZED_99' as never })],
  ['unknown auction type', 'BAD_FIELD', rawAsk({ auctionType: 'UNRECOGNIZED_2' as never })],
  ['unknown node tier', 'BAD_FIELD', rawBid({}, { minNodeTier: 'UNRECOGNIZED_3' as never })],
  ['unknown announcement constraint', 'BAD_FIELD', rawAsk({}, { announcementConstraints: 'UNRECOGNIZED_3' as never })],
  ['unknown confirmation constraint', 'BAD_FIELD', rawAsk({}, { confirmationConstraints: 'UNRECOGNIZED_3' as never })],
]

const NODES: readonly BadOrder[] = [
  ['both node lists', 'ORDER_BOTH_NODE_LISTS', rawBid({ allowedNodeIds: [nodeId], notAllowedNodeIds: [nodeId] })],
  [
    'both node lists, asked',
    'ORDER_BOTH_NODE_LISTS',
    rawAsk({ allowedNodeIds: [nodeId], notAllowedNodeIds: [nodeId] }),
  ],
  ['a node id that is no point', 'BAD_FIELD', rawBid({ allowedNodeIds: [new Uint8Array(33).fill(5)] })],
  ['a short node id', 'BAD_FIELD', rawAsk({ notAllowedNodeIds: [new Uint8Array(32).fill(2)] })],
  [
    'more node ids than the venue takes',
    'ORDER_LIMIT_REACHED',
    rawBid({ notAllowedNodeIds: Array.from({ length: 1001 }, () => nodeId) }),
  ],
  ['ask without address', 'ORDER_NODE_ADDRESS_MISSING', ask({ nodeAddresses: [] })],
  [
    'more addresses than the venue takes',
    'ORDER_LIMIT_REACHED',
    rawAsk({ nodeAddr: Array.from({ length: 33 }, () => ({ network: 'tcp', addr: '127.0.0.1:9735' })) }),
  ],
  ['an address that needs a name server', 'ORDER_NODE_ADDRESS_INVALID', at('example.com:9735')],
  ['an address without port', 'ORDER_NODE_ADDRESS_INVALID', at('127.0.0.1')],
  ['port zero', 'ORDER_NODE_ADDRESS_INVALID', at('127.0.0.1:0')],
  ['port 65536', 'ORDER_NODE_ADDRESS_INVALID', at('127.0.0.1:65536')],
  ['an empty address', 'ORDER_NODE_ADDRESS_INVALID', at('')],
  ['an onion name of the wrong length', 'ORDER_NODE_ADDRESS_INVALID', at('abc.onion:9735')],
  ['another network', 'ORDER_NODE_ADDRESS_INVALID', at('127.0.0.1:9735', 'udp')],
  ['a node key that is no point', 'BAD_FIELD', rawBid({ nodePub: new Uint8Array(33).fill(5) })],
  ['a funding key that is no point', 'BAD_FIELD', rawBid({ multiSigKey: new Uint8Array(33) })],
]

const OWNERS: readonly BadOrder[] = [
  ['zero nonce', 'ORDER_NONCE_ZERO', bid({ nonce: '00'.repeat(32) as never })],
  ['a nonce of 31 bytes', 'BAD_FIELD', rawBid({ orderNonce: new Uint8Array(31).fill(1) })],
  ['no nonce', 'BAD_FIELD', rawBid({ orderNonce: new Uint8Array(0) })],
  [
    'unknown account',
    'ORDER_ACCOUNT_UNKNOWN',
    bid({ accountKey: accountKey(pointFromSecret(sha256(Buffer.from('x')))) }),
  ],
  ['an account key that is no point', 'BAD_FIELD', rawBid({ traderKey: new Uint8Array(33).fill(7) })],
  ['no signature', 'ORDER_SIGNATURE_INVALID', rawBid({ orderSig: new Uint8Array(0) })],
  ['a signature of zeros', 'ORDER_SIGNATURE_INVALID', rawBid({ orderSig: new Uint8Array(64) })],
  ['a signature of 2,000 bytes', 'ORDER_SIGNATURE_INVALID', rawBid({ orderSig: new Uint8Array(2000).fill(48) })],
  ['another rate than the signed one', 'ORDER_SIGNATURE_INVALID', rawBid({ rateFixed: 1999 })],
  ['another duration than the signed one', 'ORDER_SIGNATURE_INVALID', rawBid({}, { leaseDurationBlocks: 4032 })],
  [
    'another version than the signed one',
    'ORDER_SIGNATURE_INVALID',
    rawBid({ channelType: 'ORDER_CHANNEL_TYPE_PEER_DEPENDENT' }, { version: 0 }),
  ],
  ['another tier than the signed one', 'ORDER_SIGNATURE_INVALID', rawBid({}, { minNodeTier: 'TIER_1' })],
  ['neither ask nor bid', 'BAD_FIELD', () => ({})],
  ['no details', 'BAD_FIELD', () => ({ details: { case: 'ask', value: { version: 5 } } })],
]

/** Every way in which an order can be wrong by itself. */
export const BAD_ORDERS: readonly BadOrder[] = [
  ...AMOUNTS,
  ...PRICES,
  ...DURATIONS,
  ...VERSIONS,
  ...SELF_BALANCES,
  ...CHANNELS,
  ...NODES,
  ...OWNERS,
]
