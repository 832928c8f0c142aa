import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TableStore, ThreadSignatures, traderHandlers } from '@tidepool/auctioneer'
import { addService, createServer, selfSignedCertificate, services } from '@tidepool/rpc'
import { openStore } from '@tidepool/store'
import { print } from '../figure.ts'
import type { Report, Result, Task } from './client.ts'
import { ACCOUNTS, accountOf, openAuctioneer } from './market.ts'

const WARM_UP = 2000
const ORDERS = 20_000
const AT_ONCE = 200

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const names = { organization: 'bench', commonName: 'localhost', domains: ['localhost'], addresses: ['127.0.0.1'] }
const certificate = selfSignedCertificate(names, new Date())

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
  const signatures = new ThreadSignatures()
  const handlers = traderHandlers(await openAuctioneer(tables, signatures), silent)
  const server = await serve(handlers)
  const accept = () => Promise.resolve({ details: { case: 'accepted', value: true } } as const)
  const emptyServer = await serve({ submitOrder: accept })
  let cpu = process.cpuUsage()
  await listen(
    { emptyAddress: emptyServer.address, address: server.address, certificate: String(certificate.cert), ...SIZES },
    (report) => {
      if (report.kind === 'end') tell(report.empty, report.result, process.cpuUsage(cpu), writes)
      writes = 0
      cpu = process.cpuUsage()
    },
  )
  await Promise.all([server.stop(), emptyServer.stop(), signatures.stop()])
  await store.close()
  rmSync(dir, { recursive: true })
}

const SIZES = { warmUp: WARM_UP, orders: ORDERS, atOnce: AT_ONCE }

type TraderHandlers = ReturnType<typeof traderHandlers>

async function serve(handlers: Partial<TraderHandlers>) {
  const server = createServer({ tls: certificate })
  addService(server, services.poolrpc.ChannelAuctioneer, handlers)
  const { port } = await server.listen('127.0.0.1:0')
  return { address: `127.0.0.1:${port}`, stop: () => server.stop(0) }
}

function tell(empty: boolean, result: Result, { user, system }: NodeJS.CpuUsage, writes: number): void {
  const { accepted, wallMs, latenciesMs, cpuUs } = result
  const name = empty ? 'intake.emptyCall' : 'intake'
  print({ name: `${name}.accepted`, value: accepted, unit: 'count' })
  print({ name: `${name}.rate`, value: accepted / (wallMs / 1000), unit: 'perSecond' })
  print({ name: `${name}.latency.median`, value: latenciesMs[latenciesMs.length >> 1] ?? 0, unit: 'ms' })
  print({ name: `${name}.latency.p99`, value: latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? 0, unit: 'ms' })
  if (!empty) print({ name: `${name}.ordersPerWrite`, value: accepted / Math.max(1, writes), unit: 'count' })
  print({ name: `${name}.cpuPerOrder`, value: (user + system) / accepted, unit: 'us' })
  print({ name: `${name}.clientCpuPerOrder`, value: cpuUs / accepted, unit: 'us' })
}

/** Until the client has ended. */
function listen(task: Task, onReport: (report: Report) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = fork(fileURLToPath(new URL('client.js', import.meta.url)))
    client.on('message', (report) => {
      onReport(report as Report)
      client.send('go on')
    })
    client.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the client ended with ${code}`))))
    client.send(task)
  })
}
