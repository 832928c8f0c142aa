import { once } from 'node:events'
import { lookup } from 'node:dns/promises'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** Connections that may wait to be taken; the kernel lowers it to its own limit (Linux `net.core.somaxconn`: 4,096). */
const BACKLOG = 65_535

export interface Listener {
  readonly port: number
  /** Takes no more; what was taken stays. */
  close(): void
}

/** Listens on every address of `host:port`, all with the same port. Rejects when none can be had. */
export async function listen(address: string, take: (socket: Socket) => void, watchMs?: number): Promise<Listener> {
  const cut = address.lastIndexOf(':')
  const host = address.slice(0, cut).replace(/^\[(.*)\]$/, '$1')
  const servers: Server[] = []
  let port = Number(address.slice(cut + 1))
  let failure: unknown
  for (const { address: one } of await lookup(host, { all: true })) {
    const server = createServer({ keepAlive: watchMs !== undefined, keepAliveInitialDelay: watchMs ?? 0 }, take)
    try {
      await once(server.listen({ host: one, port, backlog: BACKLOG }), 'listening')
      servers.push(server)
      port = (server.address() as AddressInfo).port
    } catch (error) {
      failure ??= error
    }
  }
  if (servers.length === 0) throw failure
  return { port, close: () => servers.forEach((server) => server.close()) }
}
