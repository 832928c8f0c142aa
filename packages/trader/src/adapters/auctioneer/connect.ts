import { readFileSync } from 'node:fs'
import { toHex } from '@tidepool/crypto'
import { createClient, openChannel, openTunnel, services } from '@tidepool/rpc'
import type { Client, tidepool } from '@tidepool/rpc'
import type { Config } from '../../config.ts'
import { reasonOf } from '../../core/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import { systemRandom } from '../system.ts'
import type { AuctioneerRpc } from './auctioneerClient.ts'

export interface AuctioneerConnection {
  readonly rpc: AuctioneerRpc
  readonly reasons: Reasons
  readonly close: () => void
}

/** After so long without a word from the auctioneer the kernel asks, and gives up ten seconds later. */
export const WATCH_AUCTIONEER_MS = 5_000

/** The kernel finds dead hosts and networks, pings what it cannot see: a process that hangs. */
export const DIRECT_PINGS = { keepaliveMs: 30_000, pingTimeoutMs: 10_000 }

/** What the kernel watches ends at the proxy. */
const PROXY_PINGS = { keepaliveMs: 10_000, pingTimeoutMs: 5_000 }

/** What only our own auctioneer answers. */
export type Reasons = Client<tidepool.MarketView_Service>

/** One connection for all calls: it is what the auctioneer knows a trader by. */
export async function connectAuctioneer(config: Config['auctioneer'], logger: Logger): Promise<AuctioneerConnection> {
  const { address, insecure, certPath, proxy, fakeAuth } = config
  const failed = (error: unknown): void => logger.warn('proxy failed', { proxy, reason: reasonOf(error) })
  const tunnel = proxy === undefined ? undefined : await openTunnel(proxy, address, failed)
  const tls = insecure
    ? ({ kind: 'insecure' } as const)
    : certPath === undefined
      ? ({ kind: 'system' } as const)
      : ({ kind: 'ca', pem: readFileSync(certPath, 'utf8') } as const)
  const headers = fakeAuth ? { authorization: `LSATID ${toHex(systemRandom(32))}` } : {}
  const channel = openChannel({
    address,
    tls,
    headers,
    dial: tunnel?.address,
    ...(tunnel === undefined ? DIRECT_PINGS : PROXY_PINGS),
  })
  const rpc: AuctioneerRpc = createClient(services.poolrpc.ChannelAuctioneer, channel)
  const reasons: Reasons = createClient(services.tidepool.MarketView, channel)
  const close = (): void => {
    channel.close()
    tunnel?.close()
  }
  return { rpc, reasons, close }
}
