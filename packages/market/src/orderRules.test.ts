import { blockCount, blockHeight, orderNonce, satPerKWeight, satoshi } from '@tidepool/crypto'
import { describe, expect, test } from 'vitest'
import { ask, bid, TERMS } from '../test/books.ts'
import { batchVersion, LATEST_BATCH_VERSION } from './batchVersion.ts'
import type { Ask, Bid, Order } from './order.ts'
import type { OrderErrorDetail } from './orderErrors.ts'
import { checkOrderNode, minUnitsFromAmount, orderVersion, validateOrder, type OrderContext } from './orderRules.ts'
import { nodeAddress } from './nodeAddress.ts'
import { ratePpb, supplyUnits } from './supplyUnit.ts'

const context: OrderContext = {
  buckets: new Map([
    [blockCount(2016), 'open'],
    [blockCount(4032), 'acceptingOrders'],
    [blockCount(6048), 'closed'],
    [blockCount(8064), 'noMarket'],
  ]),
  batchVersion: LATEST_BATCH_VERSION,
  bestHeight: blockHeight(1000),
  account: { value: 10_000_000n, version: 0, expiry: blockHeight(5000), state: 'open', acceptsOrders: true },
  reserved: 0n,
  terms: TERMS,
}

const anAsk = (extra: Partial<Ask> = {}): Ask => ask({ trader: 1, rate: 10, units: 5, minUnits: 2 }, extra).order
const aBid = (extra: Partial<Bid> = {}): Bid => bid({ trader: 1, rate: 10, units: 5, minUnits: 2 }, extra).order
const outbound = { auctionType: 'outbound', amount: satoshi(100_000), minUnitsMatch: supplyUnits(1) } as const
const whole = { minUnitsMatch: supplyUnits(5) } as const
const scb = (value: number) => ({ selfChannelBalance: satoshi(value) })

type Code = OrderErrorDetail['code']
type Case = readonly [string, Order, Code | undefined, Partial<OrderContext>?]

const cases: readonly Case[] = [
  ['an ask', anAsk(), undefined],
  ['a bid', aBid(), undefined],
  ['another duration below version 2', aBid({ version: 1, leaseDuration: blockCount(4032) }), 'ORDER_VERSION_TOO_LOW'],
  ['another duration from version 2', aBid({ version: 2, leaseDuration: blockCount(4032) }), undefined],
  ['self balance below version 3', aBid({ version: 2, ...whole, ...scb(1) }), 'ORDER_VERSION_TOO_LOW'],
  ['self balance from version 3', aBid({ version: 3, ...whole, ...scb(1) }), undefined],
  ['sidecar below version 4', aBid({ version: 3, ...whole, isSidecar: true }), 'ORDER_VERSION_TOO_LOW'],
  ['sidecar from version 4', aBid({ version: 4, ...whole, isSidecar: true }), undefined],
  ['channel type below version 5', aBid({ version: 4, channelType: 'scriptEnforced' }), 'ORDER_VERSION_TOO_LOW'],
  ['channel type from version 5', aBid({ channelType: 'scriptEnforced' }), undefined],
  ['no amount', aBid({ amount: satoshi(0) }), 'ORDER_AMOUNT_NOT_UNITS'],
  ['a broken unit', aBid({ amount: satoshi(500_001) }), 'ORDER_AMOUNT_NOT_UNITS'],
  ['no minimum', aBid({ minUnitsMatch: supplyUnits(0) }), 'ORDER_MIN_UNITS_ZERO'],
  ['minimum above the units', anAsk({ minUnitsMatch: supplyUnits(6) }), 'ORDER_MIN_UNITS_ABOVE_UNITS'],
  ['outbound of two units', anAsk({ ...outbound, amount: satoshi(200_000) }), 'ORDER_OUTBOUND_NOT_ONE_UNIT'],
  ['outbound ask for large counterparts', anAsk({ ...outbound, minUnitsMatch: supplyUnits(9) }), undefined],
  [
    'outbound bid, minimum of two',
    aBid({ ...outbound, minUnitsMatch: supplyUnits(2), ...scb(100_000) }),
    'ORDER_OUTBOUND_MIN_UNITS',
  ],
  ['outbound bid without balance', aBid(outbound), 'ORDER_OUTBOUND_SELF_BALANCE'],
  ['outbound bid, broken balance', aBid({ ...outbound, ...scb(100_001) }), 'ORDER_OUTBOUND_SELF_BALANCE'],
  ['outbound bid', aBid({ ...outbound, ...scb(300_000) }), undefined],
  ['self balance of all', aBid({ ...whole, ...scb(500_000) }), undefined],
  ['self balance above the amount', aBid({ ...whole, ...scb(500_001) }), 'ORDER_SELF_BALANCE_TOO_HIGH'],
  ['self balance in pieces', aBid(scb(1)), 'ORDER_SELF_BALANCE_NOT_WHOLE'],
  ['outbound sidecar', aBid({ ...outbound, ...scb(100_000), isSidecar: true }), 'ORDER_SIDECAR_OUTBOUND'],
  ['sidecar in pieces', aBid({ isSidecar: true }), 'ORDER_SIDECAR_NOT_WHOLE'],
  ['unknown duration', aBid({ leaseDuration: blockCount(1008) }), 'ORDER_DURATION_UNKNOWN'],
  ['duration without market', aBid({ leaseDuration: blockCount(8064) }), 'ORDER_DURATION_UNKNOWN'],
  ['closed duration', aBid({ leaseDuration: blockCount(6048) }), 'ORDER_DURATION_CLOSED'],
  ['no rate', aBid({ rate: ratePpb(0) }), 'ORDER_RATE_ZERO'],
  ['fee rate 252', aBid({ maxBatchFeeRate: satPerKWeight(252) }), 'ORDER_FEE_RATE_TOO_LOW'],
  ['fee rate 253', aBid({ maxBatchFeeRate: satPerKWeight(253) }), undefined],
  ['zero-conf without a type', aBid({ zeroConf: true }), 'ORDER_ZERO_CONF_CHANNEL_TYPE'],
  ['zero-conf ask without a type', anAsk({ confirmation: 'onlyZeroConf' }), 'ORDER_ZERO_CONF_CHANNEL_TYPE'],
  ['zero-conf', aBid({ zeroConf: true, channelType: 'scriptEnforced' }), undefined],
  [
    'zero-conf beyond the batch version',
    aBid({ zeroConf: true, channelType: 'scriptEnforced' }),
    'ORDER_BATCH_VERSION_UNSUPPORTED',
    { batchVersion: batchVersion(10) },
  ],
  ['announced taproot', aBid({ channelType: 'simpleTaproot' }), 'ORDER_TAPROOT_ANNOUNCED'],
  [
    'announced taproot ask',
    anAsk({ channelType: 'simpleTaproot', announcement: 'onlyAnnounced' }),
    'ORDER_TAPROOT_ANNOUNCED',
  ],
  ['unannounced taproot', aBid({ channelType: 'simpleTaproot', unannounced: true }), undefined],
  ['taproot ask without preference', anAsk({ channelType: 'simpleTaproot' }), undefined],
  ['zero nonce', aBid({ nonce: orderNonce('00'.repeat(32)) }), 'ORDER_NONCE_ZERO'],
  ['ask without address', anAsk({ nodeAddresses: [] }), 'ORDER_NODE_ADDRESS_MISSING'],
  ['bid without address', aBid({ nodeAddresses: [] }), undefined],
  [
    'host name',
    anAsk({ nodeAddresses: [{ network: 'tcp', addr: 'node.example:9735' }] }),
    'ORDER_NODE_ADDRESS_INVALID',
  ],
  ['account not ready', aBid(), 'ORDER_ACCOUNT_NOT_READY', { account: { ...context.account, acceptsOrders: false } }],
  ['account expired', aBid(), 'ORDER_ACCOUNT_EXPIRED', { bestHeight: blockHeight(5000) }],
  [
    'ask above the account',
    anAsk(),
    'ORDER_INSUFFICIENT_BALANCE',
    { account: { ...context.account, value: 500_000n } },
  ],
  ['ask beside others', anAsk(), 'ORDER_INSUFFICIENT_BALANCE', { reserved: 9_500_000n }],
]

describe('order rules', () => {
  const named = cases.map(([name, order, code, extra]) => ({ name, order, code, extra }))
  test.each(named)('$name', ({ order, code, extra = {} }) => {
    const check = () => validateOrder(order, { ...context, ...extra })
    if (code === undefined) expect(check).not.toThrow()
    else expect(check).toThrow(expect.objectContaining({ code }))
  })

  test('the account must carry the reserve to the satoshi', () => {
    const order = anAsk()
    // Two matches of at least two units: 500,000 sat, 502 sat execution fees, 32,650 chain fees, 10 of premium earned.
    const reserve = (value: bigint) => () =>
      validateOrder(order, { ...context, account: { ...context.account, value } })
    expect(reserve(533_142n)).not.toThrow()
    expect(reserve(533_141n)).toThrow(expect.objectContaining({ code: 'ORDER_INSUFFICIENT_BALANCE' }))
  })

  test('parsing', () => {
    expect(() => orderVersion(6)).toThrow(expect.objectContaining({ code: 'ORDER_VERSION_UNKNOWN' }))
    expect(minUnitsFromAmount(300_000n)).toBe(3)
    expect(() => minUnitsFromAmount(300_001n)).toThrow(expect.objectContaining({ code: 'ORDER_MIN_AMOUNT_NOT_UNITS' }))
  })

  test('the node must carry the channel', () => {
    const large = aBid({ amount: satoshi(16_800_000) })
    const wumbo = (has: boolean) => () => checkOrderNode(large, { wumbo: has, simpleTaproot: false })
    expect(wumbo(true)).not.toThrow()
    expect(wumbo(false)).toThrow(expect.objectContaining({ code: 'ORDER_AMOUNT_NEEDS_WUMBO' }))
    const taproot = aBid({ channelType: 'simpleTaproot' })
    const check = () => checkOrderNode(taproot, { wumbo: true, simpleTaproot: false })
    expect(check).toThrow(expect.objectContaining({ code: 'ORDER_TAPROOT_UNSUPPORTED' }))
  })
})

describe('node addresses', () => {
  const v2 = `${'a'.repeat(16)}.onion:9735`
  const v3 = `${'b2'.repeat(28)}.onion:9735`
  const ipv6 = ['[::1]:9735', '[2001:db8::7]:1', '[1:2:3:4:5:6:7:8]:1', '[::]:1', '[1::]:1', '[::ffff:1.2.3.4]:65535']
  test.each(['127.0.0.1:9735', '0.0.0.0:1', v2, v3, ...ipv6])('takes %s', (addr) => {
    expect(nodeAddress('tcp', addr)).toEqual({ network: 'tcp', addr })
  })

  const badIpv6 = [
    '::1:9735',
    '[::1]',
    '[1:2]:1',
    '[1::2::3]:1',
    '[12345::]:1',
    '[1:2:3:4:5:6:7:8:9]:1',
    '[g::]:1',
    '[:::]:1',
  ]
  const bad = [
    '',
    ':9735',
    'localhost:9735',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:http',
    '1.2.3:1',
    '1.2.3.256:1',
    '01.2.3.4:1',
  ]
  const ports = [
    '1.2.3.4:0',
    '1.2.3.4:65536',
    '1.2.3.4:99999',
    '1.2.3.4:+1',
    `${'a'.repeat(17)}.onion:1`,
    `${'1'.repeat(16)}.onion:1`,
  ]
  test.each([...bad, ...ports, ...badIpv6])('refuses %j', (addr) => {
    expect(() => nodeAddress('tcp', addr)).toThrow(expect.objectContaining({ code: 'ORDER_NODE_ADDRESS_INVALID' }))
  })

  test.each(['', 'udp', 'tcp4'])('refuses network %j', (network) => {
    expect(() => nodeAddress(network, '127.0.0.1:9735')).toThrow(
      expect.objectContaining({ code: 'ORDER_NODE_ADDRESS_INVALID' }),
    )
  })
})
