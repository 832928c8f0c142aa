import { lookup } from 'node:dns/promises'
import { createSecureServer } from 'node:http2'
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse, ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { ChannelError } from '@tidepool/rpc'
import type { ServerTls } from '@tidepool/rpc'
import { answerPreflight, corsHeaders } from './cors.ts'
import type { RestHandler } from './restHandler.ts'

export interface RestServerOptions {
  readonly tls: ServerTls
  /** Pages of these origins may call; `*` for any. */
  readonly corsOrigins: readonly string[]
}

export interface RestServer {
  /** Listens on `host:port`, port 0 for any free one. @throws ChannelError CANNOT_LISTEN */
  listen(address: string): Promise<{ readonly port: number }>
  /** Lets open calls end, then cuts what is left after `graceMs`. */
  stop(graceMs?: number): Promise<void>
}

/** HTTP/1.1 and HTTP/2 over TLS. A thin adapter: what is called, and what it answers, is the handler's business. */
export function createRestServer(options: RestServerOptions, handler: RestHandler): RestServer {
  const servers: Http2SecureServer[] = []
  const calls = new Calls()
  const onRequest = (request: Http2ServerRequest, response: Http2ServerResponse): void => {
    for (const [name, value] of corsHeaders(options.corsOrigins, request.headers.origin)) {
      response.setHeader(name, value)
    }
    if (answerPreflight(options.corsOrigins, request, response)) return
    calls.add(handler(request, response, calls.stopping))
  }
  const open = async (host: string | undefined, port: number): Promise<number> => {
    const [cert, key] = [Buffer.from(options.tls.cert), Buffer.from(options.tls.key)]
    const server = createSecureServer({ cert, key, allowHTTP1: true, minVersion: 'TLSv1.2' }, onRequest)
    calls.follow(server)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => resolve())
    })
    servers.push(server)
    return (server.address() as AddressInfo).port
  }
  return {
    listen: async (address) => {
      const cut = address.lastIndexOf(':')
      let port = Number(address.slice(cut + 1))
      try {
        for (const host of await hostsOf(address.slice(0, cut))) port = await open(host, port)
      } catch (cause) {
        throw new ChannelError({ code: 'CANNOT_LISTEN', address }, `cannot listen on ${address}`, { cause })
      }
      return { port }
    },
    stop: async (graceMs = 2000) => {
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
      const timer = setTimeout(() => calls.cut(), graceMs)
      await calls.finish()
      await Promise.all(closed)
      clearTimeout(timer)
    },
  }
}

/** Connections, and the calls under way on them. */
class Calls {
  readonly #controller = new AbortController()
  readonly #sockets = new Set<TLSSocket>()
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #running = new Set<Promise<void>>()

  /** Aborts when no more calls are answered. */
  get stopping(): AbortSignal {
    return this.#controller.signal
  }

  follow(server: Http2SecureServer): void {
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket))
    })
    server.on('session', (session) => {
      this.#sessions.add(session)
      session.on('close', () => this.#sessions.delete(session))
    })
  }

  add(call: Promise<void>): void {
    this.#running.add(call)
    void call.finally(() => this.#running.delete(call))
  }

  /** Ends what is idle once the open calls have been answered. */
  async finish(): Promise<void> {
    this.#controller.abort(new Error('server is stopping'))
    await Promise.allSettled(this.#running)
    for (const session of this.#sessions) session.close()
    for (const socket of this.#sockets) if (socket.alpnProtocol !== 'h2') socket.end()
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** A name may stand for several addresses (localhost: IPv4 and IPv6): all of them are listened on. */
async function hostsOf(host: string): Promise<readonly (string | undefined)[]> {
  const plain = host.replace(/^\[(.*)\]$/, '$1')
  if (plain === '') return [undefined]
  const found = await lookup(plain, { all: true })
  return [...new Set(found.map(({ address }) => address))]
}
