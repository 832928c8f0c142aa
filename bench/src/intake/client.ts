import { randomBytes } from 'node:crypto'
import {
  blockCount,
  nodeKey,
  orderNonce,
  pointFromSecret,
  pubKey,
  satPerKWeight,
  satoshi,
  sha256,
  signMessage,
  toHex,
} from '@tidepool/crypto'
import { orderDigest, ratePpb, supplyUnits, type Bid } from '@tidepool/market'
import { createClient, openChannel, orderToWire, services, type poolrpc } from '@tidepool/rpc'
import { ACCOUNTS, keyOf, secretOf } from './market.ts'

/** What the client is told, and what it tells. */
export interface Task {
  readonly address: string
  readonly certificate: string
  readonly orders: number
  readonly atOnce: number
}
export interface Result {
  readonly wallMs: number
  readonly accepted: number
  /** Of single calls, sorted. */
  readonly latenciesMs: readonly number[]
}

const keys = Array.from({ length: ACCOUNTS }, (_, account) => keyOf(account))

function signed(number: number): poolrpc.ServerSubmitOrderRequestInit {
  const account = number % ACCOUNTS
  // A point of its own for each order.
  const key = toHex(pointFromSecret(sha256(Buffer.from(`key ${number}`))))
  const order: Bid = {
    kind: 'bid',
    nonce: orderNonce(toHex(randomBytes(32))),
    version: 5,
    auctionType: 'inbound',
    rate: ratePpb(1000 + (number % 500)),
    amount: satoshi(100_000),
    minUnitsMatch: supplyUnits(1),
    leaseDuration: blockCount(2016),
    maxBatchFeeRate: satPerKWeight(25_000),
    channelType: 'scriptEnforced',
    multiSigKey: pubKey(key),
    nodeKey: nodeKey(key),
    nodeAddresses: [{ network: 'tcp', addr: '127.0.0.1:9735' }],
    accountKey: keys[account] ?? keyOf(account),
    nodeFilter: { kind: 'any' },
    isPublic: true,
    minNodeTier: 'tier1',
    selfChannelBalance: satoshi(0),
    isSidecar: false,
    unannounced: false,
    zeroConf: false,
  }
  return orderToWire(order, signMessage(orderDigest(order), secretOf(account)), 'bench')
}

async function run({ address, certificate, orders, atOnce }: Task): Promise<Result> {
  const requests = Array.from({ length: orders }, (_, number) => signed(number))
  const channel = openChannel({ address, tls: { kind: 'ca', pem: certificate } })
  const client = createClient(services.poolrpc.ChannelAuctioneer, channel)
  const latencies: number[] = []
  let accepted = 0
  let next = 0
  const caller = async (): Promise<void> => {
    for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
      const began = performance.now()
      const { details } = await client.submitOrder(request)
      latencies.push(performance.now() - began)
      if (details?.case === 'accepted') accepted++
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: atOnce }, caller))
  const wallMs = performance.now() - began
  channel.close()
  return { wallMs, accepted, latenciesMs: latencies.toSorted((a, b) => a - b) }
}

process.once('message', (task) => {
  const signedFirst = run(task as Task)
  signedFirst.then(
    (result) => process.send?.(result, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
})
