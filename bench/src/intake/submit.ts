import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TableStore, traderHandlers } from '@tidepool/auctioneer'
import { addService, createServer, selfSignedCertificate, services } from '@tidepool/rpc'
import { openStore } from '@tidepool/store'
import { print } from '../figure.ts'
import type { Result, Task } from './client.ts'
import { ACCOUNTS, accountOf, openAuctioneer } from './market.ts'

const ORDERS = 10_000
const AT_ONCE = 200

/** Orders over gRPC and TLS into a store on disk: signature, account and funds checked, durable before the answer. */
export async function measureSubmit(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'tidepool-intake-'))
  const store = await openStore({ engine: 'level', location: join(dir, 'store') })
  let writes = 0
  const tables = new TableStore({
    table: (name, codec) => store.table(name, codec),
    commit: (ops) => {
      writes++
      return store.commit(ops)
    },
    close: () => store.close(),
  })
  await tables.commit(
    Array.from({ length: ACCOUNTS }, (_, number) => ({ kind: 'account', record: accountOf(number) }) as const),
  )
  const auctioneer = await openAuctioneer(tables)
  const names = { organization: 'bench', commonName: 'localhost', domains: ['localhost'], addresses: ['127.0.0.1'] }
  const certificate = selfSignedCertificate(names, new Date())
  const server = createServer({ tls: certificate })
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  addService(server, services.poolrpc.ChannelAuctioneer, traderHandlers(auctioneer, silent))
  const { port } = await server.listen('127.0.0.1:0')
  writes = 0
  const cpu = process.cpuUsage()
  const { wallMs, accepted, latenciesMs } = await callAll({
    address: `127.0.0.1:${port}`,
    certificate: String(certificate.cert),
    orders: ORDERS,
    atOnce: AT_ONCE,
  })
  const { user, system } = process.cpuUsage(cpu)
  print({ name: 'intake.accepted', value: accepted, unit: 'count' })
  print({ name: 'intake.rate', value: accepted / (wallMs / 1000), unit: 'perSecond' })
  print({ name: 'intake.latency.median', value: latenciesMs[latenciesMs.length >> 1] ?? 0, unit: 'ms' })
  print({ name: 'intake.latency.p99', value: latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? 0, unit: 'ms' })
  print({ name: 'intake.ordersPerWrite', value: accepted / Math.max(1, writes), unit: 'count' })
  print({ name: 'intake.cpuPerOrder', value: (user + system) / accepted, unit: 'us' })
  await server.stop(0)
  await store.close()
  rmSync(dir, { recursive: true })
}

function callAll(task: Task): Promise<Result> {
  return new Promise((resolve, reject) => {
    const client = fork(fileURLToPath(new URL('client.js', import.meta.url)))
    client.once('message', (result) => resolve(result as Result))
    client.once('exit', (code) => reject(new Error(`the client ended with ${code}`)))
    client.send(task)
  })
}
