import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js'
import type { Interceptor, OpenCall } from './callContext.ts'
import { ChannelError } from './errors.ts'
import { listen, type Listener } from './listener.ts'
import type { FailureOptions } from './failure.ts'
import type { ServiceHost } from './service.ts'

/** PEM texts. */
export interface ServerTls {
  readonly cert: string | Uint8Array
  readonly key: string | Uint8Array
}

export interface ServerOptions extends FailureOptions {
  readonly tls: ServerTls | 'insecure'
  /** Run around every call, the first one outermost. */
  readonly interceptors?: readonly Interceptor[] | undefined
  /** Largest message taken. Default 4 MiB. */
  readonly maxReceiveBytes?: number | undefined
  /** Calls one connection may have open. Default 256. */
  readonly maxConcurrentStreams?: number | undefined
  /** Pause between pings to a client. Default 60 s. */
  readonly keepaliveMs?: number | undefined
  /** The kernel watches connections after so long without a word, see `watchOpenedSockets`. Default: it does not. */
  readonly watchMs?: number | undefined
  /** Time a ping may go unanswered. Default 20 s. */
  readonly pingTimeoutMs?: number | undefined
}

export interface Server extends ServiceHost {
  /** Listens on `host:port`, port 0 for any free one. @throws ChannelError CANNOT_LISTEN */
  listen(address: string): Promise<{ readonly port: number }>
  /** Ends open calls with UNAVAILABLE, waits for their handlers, and cuts what is left after `graceMs`. */
  stop(graceMs?: number): Promise<void>
}

const MIB = 1024 * 1024
const PING_TIMEOUT_MS = 20_000

function credentialsFor(tls: ServerTls | 'insecure'): ServerCredentials {
  if (tls === 'insecure') return ServerCredentials.createInsecure()
  return ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }])
}

/** Clients may ping as often as they like: Node's HTTP/2 answers by itself and does not count. */
export function createServer(options: ServerOptions): Server {
  const { interceptors = [], statusByCode, forwardUpstream, onUnexpected } = options
  const open = new Set<OpenCall>()
  const listeners: Listener[] = []
  const grpc = new GrpcServer({
    'grpc.max_receive_message_length': options.maxReceiveBytes ?? 4 * MIB,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': options.maxConcurrentStreams ?? 256,
    'grpc.keepalive_time_ms': options.keepaliveMs ?? 60_000,
    'grpc.keepalive_timeout_ms': options.pingTimeoutMs ?? PING_TIMEOUT_MS,
    'grpc.enable_channelz': 0,
  })
  return {
    grpc,
    interceptors,
    failures: { statusByCode, forwardUpstream, onUnexpected },
    track: (call) => {
      open.add(call)
      return () => open.delete(call)
    },
    listen: async (address) => {
      const injector = grpc.createConnectionInjector(credentialsFor(options.tls))
      try {
        const listener = await listen(address, (socket) => injector.injectConnection(socket), options.watchMs)
        listeners.push(listener)
        return { port: listener.port }
      } catch (cause) {
        throw new ChannelError({ code: 'CANNOT_LISTEN', address }, `cannot listen on ${address}`, { cause })
      }
    },
    stop: (graceMs = 2000) =>
      new Promise((resolve) => {
        for (const listener of listeners.splice(0)) listener.close()
        const timer = setTimeout(() => {
          grpc.forceShutdown()
          resolve()
        }, graceMs)
        grpc.tryShutdown(() => {
          clearTimeout(timer)
          resolve()
        })
        for (const call of open) call.abort('server is stopping')
      }),
  }
}
