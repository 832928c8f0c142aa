import { once } from 'node:events'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { LATEST_BATCH_VERSION, batchVersion } from '@tidepool/market'
import { addService, createServer, services } from '@tidepool/rpc'
import { afterEach, expect, it, vi } from 'vitest'
import { AuctioneerClient } from './auctioneerClient.ts'
import { connectAuctioneer } from './connect.ts'

const REST = { insecure: true, certPath: undefined, fakeAuth: false, minBackoffMs: 1, maxBackoffMs: 1 }
const VERSION = batchVersion(LATEST_BATCH_VERSION)

const closing: (() => void)[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const close of closing.splice(0)) close()
})

/** A hop whose kernel goes on answering when nothing comes through any more: towards a port, as SOCKS5 proxy if told. */
async function hopTo(port: number, socks: boolean): Promise<{ readonly address: string; freeze(): void }> {
  const sockets = new Set<Socket>()
  const serve = async (near: Socket): Promise<void> => {
    near.on('error', () => near.destroy())
    if (socks) {
      await once(near, 'data')
      near.write(Uint8Array.of(5, 0))
      await once(near, 'data')
      near.write(Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 9))
    }
    const far = connect(port, 'localhost')
    far.on('error', () => far.destroy())
    for (const socket of [near, far]) sockets.add(socket)
    far.pipe(near)
    near.pipe(far)
  }
  const server = createTcpServer((near) => void serve(near))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = server.address()
  const freeze = (): void => {
    for (const socket of sockets) socket.unpipe().pause()
  }
  return { address: `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, freeze }
}

it.each([
  ['behind a proxy', true, 15_000],
  ['that hangs', false, 40_000],
] as const)('an auctioneer %s is found out by a ping', async (_, proxied, knownAfterMs) => {
  const server = createServer({ tls: 'insecure' })
  closing.push(() => void server.stop(0))
  let opened = (): void => {}
  const open = new Promise<void>((resolve) => (opened = resolve))
  addService(server, services.poolrpc.ChannelAuctioneer, {
    subscribeBatchAuction: async (stream) => {
      for await (const _message of stream) opened()
    },
  })
  const { port } = await server.listen('localhost:0')
  const hop = await hopTo(port, proxied)

  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const place = proxied
    ? { address: `localhost:${port}`, proxy: hop.address }
    : { address: hop.address, proxy: undefined }
  const config = { ...place, ...REST }
  const { rpc, close } = await connectAuctioneer(config, { debug() {}, info() {}, warn() {}, error() {} })
  closing.push(close)
  const stream = new AuctioneerClient(rpc, config.address).openStream()
  const end = (async () => {
    for await (const _message of stream) continue
    return 'a clean end'
  })().catch((error: unknown) => error)
  let known = false
  void end.then(() => (known = true))
  await stream.send({ kind: 'commit', commitHash: new Uint8Array(32), batchVersion: VERSION })
  await open

  hop.freeze()
  await vi.advanceTimersByTimeAsync(knownAfterMs - 1_000)
  expect(known).toBe(false)
  await vi.advanceTimersByTimeAsync(1_000)
  await expect(end).resolves.toMatchObject({ message: /Connection dropped/ })
})
