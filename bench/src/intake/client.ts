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
  /** Takes every call and answers at once: what a call costs by itself. */
  readonly emptyAddress: string
  readonly address: string
  readonly certificate: string
  /** Sent before anything is measured. */
  readonly warmUp: number
  readonly orders: number
  readonly atOnce: number
}
export interface Result {
  readonly wallMs: number
  readonly accepted: number
  /** Of single calls, sorted. */
  readonly latenciesMs: readonly number[]
  /** Of this process. */
  readonly cpuUs: number
}
/** Before and after each measured run, for the server to read its own clock. */
export type Report =
  | { readonly kind: 'begin' }
  | { readonly kind: 'end'; readonly empty: boolean; readonly result: Result }

const keys = Array.from({ length: ACCOUNTS }, (_, account) => keyOf(account))
const nodes = keys.map((_, account) => nodeKey(pointFromSecret(sha256(Buffer.from(`node ${account}`)))))

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
    nodeKey: nodes[account] ?? nodeKey(key),
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

type Request = poolrpc.ServerSubmitOrderRequestInit

async function sendAll(task: Task, address: string, requests: readonly Request[]): Promise<Result> {
  const channel = openChannel({ address, tls: { kind: 'ca', pem: task.certificate } })
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
  const startedWith = process.cpuUsage()
  await Promise.all(Array.from({ length: task.atOnce }, caller))
  const { user, system } = process.cpuUsage(startedWith)
  const wallMs = performance.now() - began
  channel.close()
  return { wallMs, accepted, latenciesMs: latencies.toSorted((a, b) => a - b), cpuUs: user + system }
}

async function run(task: Task): Promise<void> {
  // All are signed before the clock starts.
  const requests = Array.from({ length: task.warmUp + task.orders }, (_, number) => signed(number))
  const measured = requests.slice(task.warmUp)
  for (const empty of [true, false]) {
    const address = empty ? task.emptyAddress : task.address
    await sendAll(task, address, requests.slice(0, task.warmUp))
    await report({ kind: 'begin' })
    await report({ kind: 'end', empty, result: await sendAll(task, address, measured) })
  }
}

/** Goes on when the server has read its clock. */
const report = (message: Report): Promise<void> =>
  new Promise((resolve) => {
    process.once('message', () => resolve())
    process.send?.(message)
  })

process.once('message', (task) => {
  run(task as Task).then(
    () => process.disconnect(),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
})
