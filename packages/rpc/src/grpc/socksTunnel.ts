import { once } from 'node:events'
import { connect, createServer, isIP, type Server, type Socket } from 'node:net'
import { addressBytes } from '../tls/certificate.ts'

/** Steps of SOCKS5 without a password. RFC 1928 */
const HELLO = Uint8Array.of(5, 1, 0)
const CONNECT = Uint8Array.of(5, 1, 0)
const ADDRESS_BYTES: Readonly<Record<number, number>> = { 1: 4, 4: 16 }

/** A port of this machine whose connections come out at the target, by way of a SOCKS5 proxy. */
export interface Tunnel {
  /** `host:port` to dial instead of the target. */
  readonly address: string
  close(): void
}

const split = (address: string): { host: string; port: number } => {
  const cut = address.lastIndexOf(':')
  return { host: address.slice(0, cut).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(cut + 1)) }
}

/** The proxy finds the name out itself: nothing of it is asked here. */
function connectRequest(target: string): Uint8Array {
  const { host, port } = split(target)
  const name = Buffer.from(host)
  const kinds = { 0: 3, 4: 1, 6: 4 } as const
  const kind = kinds[isIP(host) as keyof typeof kinds]
  const place = kind === 3 ? Uint8Array.of(name.length, ...name) : addressBytes(host)
  return Uint8Array.of(...CONNECT, kind, ...place, port >> 8, port & 0xff)
}

/** Reads exactly so many bytes. */
async function take(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(count) as Buffer | null
    if (bytes !== null) return bytes
    if (socket.readableEnded || socket.destroyed) throw new Error('the proxy hung up')
    await Promise.race([once(socket, 'readable'), once(socket, 'end')])
  }
}

async function through(proxy: string, target: string): Promise<Socket> {
  const socket = connect(split(proxy))
  await once(socket, 'connect')
  socket.write(HELLO)
  const [version, method] = await take(socket, 2)
  if (version !== 5 || method !== 0) throw new Error('the proxy is no SOCKS5 proxy without password')
  socket.write(connectRequest(target))
  const [, reply, , kind = 0] = await take(socket, 4)
  if (reply !== 0) throw new Error(`the proxy cannot reach ${target} (SOCKS reply ${reply ?? 'none'})`)
  const length = ADDRESS_BYTES[kind] ?? (await take(socket, 1))[0] ?? 0
  await take(socket, length + 2)
  return socket
}

/** Opens the near end; each connection to it asks the proxy anew. `onError` hears of those that fail. */
export async function openTunnel(proxy: string, target: string, onError: (error: unknown) => void): Promise<Tunnel> {
  const open = new Set<Socket>()
  const server: Server = createServer((near) => {
    open.add(near)
    near.on('close', () => open.delete(near)).on('error', () => near.destroy())
    near.pause()
    through(proxy, target).then(
      (far) => {
        far.on('error', () => near.destroy()).on('close', () => near.destroy())
        near.on('close', () => far.destroy())
        far.pipe(near)
        near.pipe(far)
      },
      (error: unknown) => {
        onError(error)
        near.destroy()
      },
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const close = (): void => {
    server.close()
    for (const socket of open) socket.destroy()
  }
  return { address: `127.0.0.1:${port}`, close }
}
