import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { fromHex } from '@tidepool/crypto'
import {
  createClient,
  openChannel,
  RpcError,
  services,
  type Channel,
  type MethodDef,
  type poolrpc,
} from '@tidepool/rpc'
import { fundAccounts } from '../words/accounts.ts'
import type { Market } from '../words/market.ts'
import { clearBook, submitAsk } from '../words/orders.ts'
import { bytesFieldsOf, MALFORMED, nameOf, withBytes, type FieldPath } from './bytesFields.ts'
import { validRequest } from './validRequests.ts'

/** Refusals that blame the caller. Anything else (INTERNAL, UNKNOWN, a broken connection) would be our fault. */
const BLAMING = new Set([
  'INVALID_ARGUMENT',
  'NOT_FOUND',
  'FAILED_PRECONDITION',
  'PERMISSION_DENIED',
  'UNAUTHENTICATED',
  'UNIMPLEMENTED',
])

type Call = (request: object) => Promise<unknown>
type Base = (request: string, path: FieldPath) => Readonly<Record<string, unknown>>
type Methods = Readonly<Record<string, MethodDef>>

/** Every bytes field of every request of both services, filled with rubbish: each call is refused with a code. */
export async function malformedBytes(market: Market): Promise<void> {
  const alice = await market.trader('alice')
  await clearBook(market)
  const [account] = await fundAccounts(market, { trader: alice, value: 1_000_000n, version: 2 })

  const auctioneer = openChannel({
    address: market.auctioneer.address,
    tls: { kind: 'ca', pem: readFileSync(market.auctioneer.tlsCertPath) },
  })
  const trader = openChannel({
    address: alice.address,
    tls: { kind: 'ca', pem: readFileSync(join(alice.baseDir, 'regtest', 'tls.cert')) },
    macaroonHex: readFileSync(join(alice.baseDir, 'regtest', 'pool.macaroon')).toString('hex'),
  })
  const { ChannelAuctioneer, Trader } = services.poolrpc
  const height = await market.stack.chain.height()
  const valid: Base = (request, path) => validRequest(request, path, fromHex(account.key), height)
  try {
    const faults = [
      ...(await faultsOf(ChannelAuctioneer.methods, createClient(ChannelAuctioneer, auctioneer) as never, valid)),
      ...(await faultsOf(Trader.methods, createClient(Trader, trader) as never, valid)),
      ...(await streamFaults(auctioneer)),
    ]
    expect(faults).toEqual([])
  } finally {
    auctioneer.close()
    trader.close()
  }
  expect(market.auctioneer.process.running && alice.process.running).toBe(true)
  await submitAsk(account, { amount: 100_000n, rate: 1_000 })
}

/** An order's events are told, never read. */
const isRead = (path: FieldPath): boolean => !path.some((field) => field.name === 'events')

/** What answered otherwise than it should, one line each. */
async function faultsOf(
  methods: Methods,
  client: Readonly<Record<string, Call>>,
  base: Base,
): Promise<readonly string[]> {
  const faults: string[] = []
  for (const [key, { kind, name, request }] of Object.entries(methods)) {
    const call = client[key]
    if (kind !== 'unary' || call === undefined) continue
    for (const path of bytesFieldsOf(request).filter(isRead)) {
      for (const [what, bytes] of MALFORMED) {
        const fault = await faultOf(call(withBytes(path, bytes, base(request, path))))
        if (fault !== undefined) faults.push(`${name} ${nameOf(path)} (${what}): ${fault}`)
      }
    }
  }
  return faults
}

async function faultOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    return refusedOrder(await call) ? undefined : 'accepted'
  } catch (error) {
    if (!(error instanceof RpcError)) return String(error)
    const { statusName, errorCode, details } = error.detail
    return BLAMING.has(statusName) && errorCode !== undefined ? undefined : `${statusName} ${errorCode} ${details}`
  }
}

/** The auctioneer's answer to an order its sender can mend: text with our code at the end. */
function refusedOrder(answer: unknown): boolean {
  const { details } = answer as poolrpc.ServerSubmitOrderResponse
  return details?.case === 'invalidOrder' && /\[[A-Z_]+\]$/.test(details.value.failString)
}

/** The same for what a trader may send on its stream: it ends, and it is the sender's fault. */
async function streamFaults(channel: Channel): Promise<readonly string[]> {
  const faults: string[] = []
  const client = createClient(services.poolrpc.ChannelAuctioneer, channel)
  for (const path of bytesFieldsOf('poolrpc.ClientAuctionMessage')) {
    for (const [what, bytes] of MALFORMED) {
      const stream = client.subscribeBatchAuction()
      await stream.send(withBytes(path, bytes))
      const fault = await faultOf(endOf(stream))
      if (fault !== undefined) faults.push(`stream ${nameOf(path)} (${what}): ${fault}`)
      stream.cancel()
    }
  }
  return faults
}

async function endOf(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const message of stream) throw new Error(`answered with ${JSON.stringify(Object.keys(message as object))}`)
}
