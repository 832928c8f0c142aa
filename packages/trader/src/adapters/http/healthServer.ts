import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runningTrader } from '../grpc/statusHandler.ts'
import type { HandlerModules } from '../grpc/handlerModules.ts'
import { StartupError } from '../../core/errors.ts'

export interface Health {
  readonly status: 200 | 503
  readonly body: { readonly ready: boolean; readonly code: string; readonly reason: string }
}

/** Ready to trade: lnd is there, and so is the auctioneer as soon as an account needs it. */
export function readiness(modules: Pick<HandlerModules, 'trader'>): Health {
  const trader = runningTrader(modules)
  if (trader instanceof StartupError) return notReady(trader.code, trader.message)
  const { state } = trader.session.connection
  if (state.kind === 'offline') return notReady('OFFLINE', state.reason)
  if (state.kind === 'connecting') return notReady('CONNECTING', 'the first connection to the auctioneer is being made')
  return { status: 200, body: { ready: true, code: '', reason: '' } }
}

const notReady = (code: string, reason: string): Health => ({ status: 503, body: { ready: false, code, reason } })

export interface HealthServer {
  readonly port: number
  stop(): Promise<void>
}

/** `/healthz`: the process lives. `/readyz`: it can trade. Nothing else, and nothing worth a secret. */
export async function serveHealth(address: string, modules: Pick<HandlerModules, 'trader'>): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    const answer =
      path === '/healthz' ? { status: 200, body: { alive: true } } : path === '/readyz' ? readiness(modules) : undefined
    response.writeHead(answer?.status ?? 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer?.body ?? {}))
  })
  const colon = address.lastIndexOf(':')
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(Number(address.slice(colon + 1)), address.slice(0, colon) || 'localhost', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
