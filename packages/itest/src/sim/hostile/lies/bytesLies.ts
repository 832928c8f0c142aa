import { fromHex } from '@tidepool/crypto'
import { decodeMessage, encodeMessage, serverMessageToWire } from '@tidepool/rpc'
import type { poolrpc } from '@tidepool/rpc'
import { STRANGER } from '../books.ts'
import { telling } from '../lie.ts'
import type { Lie, Stock } from '../lie.ts'

type Prepare = poolrpc.OrderMatchPrepare
type Market = Prepare['matchedMarkets'] extends ReadonlyMap<number, infer M> ? M : never
type Matched = Market['matchedOrders'] extends ReadonlyMap<string, infer O> ? O : never
type MatchedAsk = Matched['matchedAsks'][number]
type Ask = NonNullable<MatchedAsk['ask']>
type Details = NonNullable<Ask['details']>

/** A proposal that cannot be read; `field` is what the refusal names. */
function unreadable(
  name: string,
  field: string,
  stock: Stock,
  change: (prepare: Prepare) => poolrpc.OrderMatchPrepareInit,
): Lie {
  return telling('bytes', [name, 'BAD_FIELD', stock, { field }], (message) => {
    if (message.kind !== 'prepare') return undefined
    const bytes = encodeMessage('poolrpc.ServerAuctionMessage', serverMessageToWire(message))
    const { msg } = decodeMessage('poolrpc.ServerAuctionMessage', bytes)
    if (msg?.case !== 'prepare') return undefined
    return [{ wire: { msg: { case: 'prepare', value: change(msg.value) } } }]
  })
}

const markets = (prepare: Prepare, change: (market: Market, duration: number) => poolrpc.MatchedMarketInit) => ({
  ...prepare,
  matchedMarkets: new Map([...prepare.matchedMarkets].map(([blocks, market]) => [blocks, change(market, blocks)])),
})

const orders = (
  prepare: Prepare,
  change: (nonce: string, order: Matched) => readonly (readonly [string, poolrpc.MatchedOrderInit])[],
) =>
  markets(prepare, (market) => ({
    ...market,
    matchedOrders: new Map([...market.matchedOrders].flatMap(([nonce, order]) => change(nonce, order))),
  }))

const asks = (prepare: Prepare, change: (matched: MatchedAsk) => poolrpc.MatchedAskInit) =>
  orders(prepare, (nonce, order) => [[nonce, { ...order, matchedAsks: order.matchedAsks.map(change) }]])

const ask = (prepare: Prepare, change: (ask: Ask) => poolrpc.ServerAskInit) =>
  asks(prepare, (matched) => (matched.ask === undefined ? matched : { ...matched, ask: change(matched.ask) }))

const details = (prepare: Prepare, change: (details: Details) => poolrpc.ServerOrderInit) =>
  ask(prepare, (one) => (one.details === undefined ? one : { ...one, details: change(one.details) }))

const address =
  (addr: string, network = 'tcp') =>
  (prepare: Prepare) =>
    details(prepare, (one) => ({ ...one, nodeAddr: [{ network, addr }] }))

const diff = (prepare: Prepare, change: Partial<poolrpc.AccountDiffInit>) => ({
  ...prepare,
  chargedAccounts: prepare.chargedAccounts.map((one) => ({ ...one, ...change })),
})

function without<T extends object, K extends keyof T>(message: T, field: K): Omit<T, K> {
  const rest = { ...message }
  delete rest[field]
  return rest
}

const ZEROS_33 = new Uint8Array(33)
const UNCOMPRESSED = new Uint8Array(65).fill(4)

/** Messages that our reader refuses; some end the stock daemon. */
export const BYTES_LIES: readonly Lie[] = [
  unreadable('an account key of 65 bytes', 'trader_key', 'accepted', (p) => diff(p, { traderKey: UNCOMPRESSED })),
  unreadable('an account key that is no point', 'trader_key', 'crash', (p) => diff(p, { traderKey: ZEROS_33 })),
  unreadable('no account key', 'trader_key', 'crash', (p) => diff(p, { traderKey: new Uint8Array() })),
  unreadable('account version 256', 'new_version', 'not known', (p) => diff(p, { newVersion: 256 })),
  unreadable('no transaction', 'batch_transaction', 'crash', (p) => ({ ...p, batchTransaction: new Uint8Array() })),
  unreadable('a transaction cut short', 'batch_transaction', 'crash', (p) => ({
    ...p,
    batchTransaction: p.batchTransaction.subarray(0, -1),
  })),
  unreadable('a transaction with a byte too much', 'batch_transaction', 'not known', (p) => ({
    ...p,
    batchTransaction: Uint8Array.of(...p.batchTransaction, 0),
  })),
  unreadable('noise as a transaction', 'batch_transaction', 'crash', (p) => ({
    ...p,
    batchTransaction: p.batchTransaction.map((byte) => byte ^ 0x5a),
  })),
  unreadable('a transaction without inputs', 'batch_transaction', 'crash', (p) => ({
    ...p,
    batchTransaction: fromHex('02000000000000000000'),
  })),
  unreadable('no execution fee', 'execution_fee', 'crash', (p) => without(p, 'executionFee')),
  unreadable('a base fee of more than all money', 'execution_fee', 'not known', (p) => ({
    ...p,
    executionFee: { baseFee: 1n << 62n, feeRate: 0n },
  })),
  unreadable('an own nonce that is not hex', 'the key is not hex', 'crash', (p) =>
    orders(p, (nonce, order) => [[`zz${nonce.slice(2)}`, order]]),
  ),
  unreadable('an own nonce of 31 bytes', 'expected 32 bytes', 'accepted', (p) =>
    orders(p, (nonce, order) => [[nonce.slice(2), order]]),
  ),
  unreadable('an own nonce of 33 bytes', 'expected 32 bytes', 'accepted', (p) =>
    orders(p, (nonce, order) => [[`${nonce}00`, order]]),
  ),
  unreadable('an own nonce in two spellings', 'named twice', 'accepted', (p) =>
    orders(p, (nonce, order) => [
      [nonce, order],
      [nonce.toUpperCase(), order],
    ]),
  ),
  unreadable('an order in two markets', 'is in two markets', 'accepted', (p) => {
    const [[, market] = []] = [...p.matchedMarkets]
    const moved = [...(market?.matchedOrders ?? [])].map(
      ([nonce, order]) =>
        [
          nonce,
          {
            ...order,
            matchedAsks: order.matchedAsks.map((one) => ({
              ...one,
              ...(one.ask === undefined ? {} : { ask: { ...one.ask, leaseDurationBlocks: 4032 } }),
            })),
          },
        ] as const,
    )
    const second = { clearingPriceRate: 1, matchedOrders: new Map(moved) }
    return { ...p, matchedMarkets: new Map<number, poolrpc.MatchedMarketInit>([...p.matchedMarkets, [4032, second]]) }
  }),
  unreadable('asks and bids for one order', 'only one list', 'crash', (p) =>
    orders(p, (nonce, order) => [[nonce, { ...order, matchedBids: [{ unitsFilled: 1 }] }]]),
  ),
  unreadable('a match without an order', 'ask: missing', 'crash', (p) =>
    asks(p, ({ unitsFilled }) => ({ unitsFilled })),
  ),
  unreadable('an order without details', 'details: missing', 'crash', (p) => ask(p, (one) => without(one, 'details'))),
  unreadable("another duration than its market's", 'lease_duration_blocks', 'crash', (p) =>
    ask(p, (one) => ({ ...one, leaseDurationBlocks: 4032 })),
  ),
  unreadable('a node key that is no point', 'node_pub', 'crash', (p) =>
    details(p, (one) => ({ ...one, nodePub: ZEROS_33 })),
  ),
  unreadable('a node key of 65 bytes', 'node_pub', 'accepted', (p) =>
    details(p, (one) => ({ ...one, nodePub: UNCOMPRESSED })),
  ),
  unreadable('a funding key that is no point', 'multi_sig_key', 'crash', (p) =>
    details(p, (one) => ({ ...one, multiSigKey: ZEROS_33 })),
  ),
  unreadable('a funding key of 32 bytes', 'multi_sig_key', 'crash', (p) =>
    details(p, (one) => ({ ...one, multiSigKey: fromHex(STRANGER).subarray(1) })),
  ),
  unreadable('a stranger of nonce zero', 'all zero', 'accepted', (p) =>
    details(p, (one) => ({ ...one, orderNonce: new Uint8Array(32) })),
  ),
  unreadable('a stranger with a nonce of 31 bytes', 'order_nonce', 'accepted', (p) =>
    details(p, (one) => ({ ...one, orderNonce: one.orderNonce.subarray(1) })),
  ),
  unreadable('an ask without address', 'node_addr', 'crash', (p) => details(p, (one) => ({ ...one, nodeAddr: [] }))),
  unreadable('an address that has to be resolved', 'node_addr', 'crash', address('example.com:9735')),
  unreadable('an address without port', 'node_addr', 'accepted', address('127.0.0.1')),
  unreadable('an address with port 99999', 'node_addr', 'accepted', address('127.0.0.1:99999')),
  unreadable('an empty address', 'node_addr', 'accepted', address('')),
  unreadable('an address of another network', 'node_addr', 'crash', address('127.0.0.1:9735', 'udp')),
  unreadable('an address with a zero byte', 'node_addr', 'not known', address('127.0.0.1:9735\u0000')),
  unreadable('an amount of more than all money', 'amt', 'not known', (p) =>
    details(p, (one) => ({ ...one, amt: 1n << 62n })),
  ),
  telling('bytes', ['an empty proposal', 'BAD_FIELD', 'crash'], (message) =>
    message.kind === 'prepare' ? [{ wire: { msg: { case: 'prepare', value: {} } } }] : undefined,
  ),
  telling('bytes', ['a message of no kind', 'MESSAGE_UNASKED', 'stops'], (message) =>
    message.kind === 'prepare' ? [{ wire: {} }] : undefined,
  ),
  telling('bytes', ['a batch id that is no point', 'BAD_FIELD', 'crash', { field: 'batch_id' }], (message) => {
    if (message.kind !== 'prepare') return undefined
    const wire = serverMessageToWire(message)
    return wire.msg?.case === 'prepare'
      ? [{ wire: { msg: { case: 'prepare', value: { ...wire.msg.value, batchId: ZEROS_33 } } } }]
      : undefined
  }),
  telling('bytes', ['a batch id of 32 bytes', 'BAD_FIELD', 'crash', { field: 'batch_id' }], (message) => {
    if (message.kind !== 'prepare') return undefined
    const wire = serverMessageToWire(message)
    const batchId = fromHex(message.proposal.batchId).subarray(1)
    return wire.msg?.case === 'prepare'
      ? [{ wire: { msg: { case: 'prepare', value: { ...wire.msg.value, batchId } } } }]
      : undefined
  }),
  telling('bytes', ['bytes that are no message', 'UNEXPECTED', 'not known', { field: 'reset' }], (message) =>
    message.kind === 'prepare' ? [{ bytes: fromHex('0a0b0c0d0e0f') }] : undefined,
  ),
]
