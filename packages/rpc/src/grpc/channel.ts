import { isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import { Client, credentials, Metadata, type ChannelCredentials } from '@grpc/grpc-js'
import { ChannelError } from './errors.ts'

export type ChannelTls =
  | { readonly kind: 'insecure' }
  /** Only this certificate or authority is trusted. */
  | { readonly kind: 'ca'; readonly pem: string | Uint8Array }
  | { readonly kind: 'system' }

export interface ChannelOptions {
  /** `host:port` */
  readonly address: string
  readonly tls: ChannelTls
  /** Sent with every call; needs TLS. */
  readonly macaroonHex?: string | undefined
  /** Text entries sent with every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Near end of a tunnel to the address; the server is named and checked as if there were none. */
  readonly dial?: string | undefined
  /** Largest message taken. Default 4 MiB. */
  readonly maxReceiveBytes?: number | undefined
  /** Pause between pings while a call is open. Default 30 s. */
  readonly keepaliveMs?: number | undefined
  /** Time a ping may go unanswered. Default 20 s. */
  readonly pingTimeoutMs?: number | undefined
}

/** A connection of its own to one server; calls open it when needed and again when it broke. */
export interface Channel {
  readonly address: string
  readonly grpc: Client
  /** Metadata every call starts with. */
  readonly metadata: () => Metadata
  readonly close: () => void
}

const MIB = 1024 * 1024
const PING_TIMEOUT_MS = 20_000
const MAX_RECONNECT_PAUSE_MS = 10_000

const hostOf = (address: string): string => address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')

/** Node names no server by its IP address in TLS; the certificate is compared with the address all the same. */
function tlsCredentials(tls: Exclude<ChannelTls, { kind: 'insecure' }>, host: string): ChannelCredentials {
  const roots = tls.kind === 'ca' ? Buffer.from(tls.pem) : null
  const verify = isIP(host) === 0 ? {} : { checkServerIdentity: (_: string, cert: PeerCert) => identify(host, cert) }
  return credentials.createSsl(roots, null, null, verify)
}

type PeerCert = Parameters<typeof checkServerIdentity>[1]
const identify = (host: string, cert: PeerCert): Error | undefined => checkServerIdentity(host, cert)

/** @throws ChannelError MACAROON_IN_CLEAR */
export function openChannel(options: ChannelOptions): Channel {
  const { address, tls, macaroonHex } = options
  if (tls.kind === 'insecure' && macaroonHex !== undefined) {
    throw new ChannelError({ code: 'MACAROON_IN_CLEAR', address }, `${address}: a macaroon needs TLS`)
  }
  const host = hostOf(address)
  const { dial } = options
  // For the name check of an IP address see tlsCredentials.
  const name = isIP(host) === 0 ? host : 'localhost'
  const client = new Client(
    dial ?? address,
    tls.kind === 'insecure' ? credentials.createInsecure() : tlsCredentials(tls, host),
    {
      'grpc.max_receive_message_length': options.maxReceiveBytes ?? 4 * MIB,
      'grpc.max_send_message_length': -1,
      'grpc-node.flow_control_window': MIB,
      'grpc.keepalive_time_ms': options.keepaliveMs ?? 30_000,
      'grpc.keepalive_timeout_ms': options.pingTimeoutMs ?? PING_TIMEOUT_MS,
      'grpc.keepalive_permit_without_calls': 0,
      'grpc.max_reconnect_backoff_ms': MAX_RECONNECT_PAUSE_MS,
      'grpc.enable_http_proxy': 0,
      'grpc.enable_retries': 0,
      'grpc.enable_channelz': 0,
      'grpc.use_local_subchannel_pool': 1,
      ...(tls.kind !== 'insecure' &&
        (isIP(host) !== 0 || dial !== undefined) && { 'grpc.ssl_target_name_override': name }),
      ...(dial !== undefined && { 'grpc.default_authority': address }),
    },
  )
  const metadata = (): Metadata => {
    const out = new Metadata()
    if (macaroonHex !== undefined) out.set('macaroon', macaroonHex)
    for (const [key, value] of Object.entries(options.headers ?? {})) out.set(key, value)
    return out
  }
  return { address, grpc: client, metadata, close: () => client.close() }
}
