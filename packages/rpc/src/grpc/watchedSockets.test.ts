import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { services } from '../gen/services.ts'
import { selfSignedCertificate } from '../tls/certificate.ts'
import { openChannel } from './channel.ts'
import { createClient } from './client.ts'
import { createServer } from './server.ts'
import { addService } from './service.ts'
import { watchOpenedSockets } from './watchedSockets.ts'

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

/** As Linux names it in `/proc/net/tcp`. */
const KEEPALIVE_TIMER = '02'

/** Timers that run for the connections of a port: of its own end and of the other one. */
function timersOf(port: number): { readonly taken: readonly string[]; readonly opened: readonly string[] } {
  const rows = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'latin1').split('\n').slice(1, -1))
  const established = rows.map((row) => row.trim().split(/\s+/)).filter(([, , , state]) => state === '01')
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const timers = (end: 1 | 2): readonly string[] =>
    established.flatMap((row) => (row[end]?.endsWith(`:${hex}`) === true ? [row[5]?.slice(0, 2) ?? ''] : []))
  return { taken: timers(1), opened: timers(2) }
}

describe.each(['plain', 'TLS'])('a %s connection', (transport) => {
  async function connected(watchMs?: number): Promise<number> {
    const tls = selfSignedCertificate(
      { organization: 'test', commonName: 'x', domains: ['localhost'], addresses: [] },
      new Date(),
    )
    const server = createServer({ tls: transport === 'TLS' ? tls : 'insecure', watchMs })
    closing.push(() => void server.stop(0))
    addService(server, services.poolrpc.ChannelAuctioneer, { terms: () => Promise.resolve({}) })
    const { port } = await server.listen('localhost:0')
    const trusted = transport === 'TLS' ? ({ kind: 'ca', pem: tls.cert } as const) : ({ kind: 'insecure' } as const)
    const channel = openChannel({ address: `localhost:${port}`, tls: trusted })
    closing.push(() => channel.close())
    await createClient(services.poolrpc.ChannelAuctioneer, channel).terms({})
    return port
  }

  it('is watched by the kernels of both ends', async () => {
    closing.push(watchOpenedSockets(5_000))
    const port = await connected(20_000)
    const both = { taken: [KEEPALIVE_TIMER], opened: [KEEPALIVE_TIMER] }
    await vi.waitFor(() => expect(timersOf(port)).toEqual(both), 10_000)
  })

  it('is not watched unless asked for', async () => {
    const port = await connected()
    await vi.waitFor(() => expect(timersOf(port)).toEqual({ taken: ['00'], opened: ['00'] }), 10_000)
  })
})
