import {
  TableStore,
  TRADER_PING_MS,
  TRADER_PING_TIMEOUT_MS,
  traderHandlers,
  WATCH_TRADERS_MS,
  type Auctioneer,
} from '@tidepool/auctioneer'
import { addService, createServer, selfSignedCertificate, services } from '@tidepool/rpc'
import { openStore } from '@tidepool/store'
import { accountOf, openAuctioneer } from '../intake/market.ts'
import { serveCalls } from '../process.ts'
import { largeBatch } from '../verify/batch.ts'

const CHUNK = 5000
const ATTEMPT = 1

let auctioneer: Auctioneer | undefined

function running(): Auctioneer {
  if (auctioneer === undefined) throw new Error('no auctioneer')
  return auctioneer
}

/** The auctioneer's services and its server for traders, with accounts and without a node. */
serveCalls({
  start: async ({ accounts, tls }: { readonly accounts: number; readonly tls: boolean }) => {
    const tables = new TableStore(await openStore({ engine: 'memory' }))
    for (let from = 0; from < accounts; from += CHUNK) {
      const count = Math.min(CHUNK, accounts - from)
      const changes = Array.from({ length: count }, (_, number) => accountOf(from + number))
      await tables.commit(changes.map((record) => ({ kind: 'account', record }) as const))
    }
    auctioneer = await openAuctioneer(tables)
    const names = { organization: 'bench', commonName: 'localhost', domains: ['localhost'], addresses: ['127.0.0.1'] }
    const certificate = selfSignedCertificate(names, new Date())
    const alive = { watchMs: WATCH_TRADERS_MS, keepaliveMs: TRADER_PING_MS, pingTimeoutMs: TRADER_PING_TIMEOUT_MS }
    const server = createServer({ tls: tls ? certificate : 'insecure', ...alive })
    const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    addService(server, services.poolrpc.ChannelAuctioneer, traderHandlers(auctioneer, silent))
    const { port } = await server.listen('127.0.0.1:0')
    return { address: `localhost:${port}`, certificate: tls ? String(certificate.cert) : undefined }
  },
  subscribed: () => running().registry.subscribedAccounts,
  /** Bytes in use once what is no longer needed is gone. */
  memory: () => {
    globalThis.gc?.()
    return process.memoryUsage().rss
  },
  /** Gives the Unix time in milliseconds at which it began. */
  prepareAll: async () => {
    const large = largeBatch(10, 1)
    const proposal = large.batch.proposals.get(large.stream)
    if (proposal === undefined) throw new Error('no proposal')
    const began = Date.now()
    await Promise.all(
      running()
        .registry.all()
        .map((session) => session.prepare(ATTEMPT, proposal)),
    )
    return began
  },
})
