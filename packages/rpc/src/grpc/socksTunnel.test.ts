import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { selfSignedCertificate } from '../tls/certificate.ts'
import { services } from '../gen/services.ts'
import { openChannel } from './channel.ts'
import { createClient } from './client.ts'
import { createServer as createGrpcServer } from './server.ts'
import { addService } from './service.ts'
import { openTunnel } from './socksTunnel.ts'

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

/** A SOCKS5 proxy that notes where it is asked to go and always goes to one port. RFC 1928 */
async function proxyTo(port: number, asked: string[], reply = 0): Promise<string> {
  const serve = async (near: Socket): Promise<void> => {
    near.on('error', () => near.destroy())
    await once(near, 'data')
    near.write(Uint8Array.of(5, 0))
    const [request] = (await once(near, 'data')) as [Buffer]
    const length = request[4] ?? 0
    asked.push(
      `${request[3]} ${request.subarray(5, 5 + length).toString()}:${request.readUInt16BE(request.length - 2)}`,
    )
    near.write(Uint8Array.of(5, reply, 0, 3, 1, 0x78, 0, 9))
    const far = connect(port, 'localhost')
    far.on('error', () => near.destroy())
    near.on('close', () => far.destroy())
    far.pipe(near)
    near.pipe(far)
  }
  const server: Server = createServer((near) => void serve(near))
  server.listen(0, 'localhost')
  await once(server, 'listening')
  closing.push(() => server.close())
  const address = server.address()
  return `localhost:${typeof address === 'object' ? address?.port : 0}`
}

describe('openTunnel', () => {
  it('carries calls to a server that is named and checked as if there were no tunnel', async () => {
    const names = { organization: 'test', commonName: 'x', domains: ['auction.example'], addresses: [] }
    const tls = selfSignedCertificate(names, new Date())
    const server = createGrpcServer({ tls })
    addService(server, services.poolrpc.ChannelAuctioneer, { terms: () => Promise.resolve({ maxAccountValue: 7n }) })
    const { port } = await server.listen('localhost:0')
    const asked: string[] = []
    const target = `auction.example:${port}`
    const tunnel = await openTunnel(await proxyTo(port, asked), target, (error) => expect(error).toBe('no error'))
    closing.push(() => tunnel.close())
    const ask = async (address: string): Promise<bigint> => {
      const channel = openChannel({ address, tls: { kind: 'ca', pem: tls.cert }, dial: tunnel.address })
      closing.push(() => channel.close())
      const terms = await createClient(services.poolrpc.ChannelAuctioneer, channel).terms({}, { deadlineMs: 3000 })
      return terms.maxAccountValue
    }
    expect(await ask(target)).toBe(7n)
    expect(asked).toEqual([`3 ${target}`])
    await expect(ask('other.example:1')).rejects.toMatchObject({ code: 'RPC' })
    await server.stop(100)
  })

  it.each([
    [0x05, /cannot reach .*SOCKS reply 5/],
    [0x02, /cannot reach .*SOCKS reply 2/],
  ])('hears of reply %i', async (reply, text) => {
    const errors: unknown[] = []
    const proxy = await proxyTo(1, [], reply)
    const tunnel = await openTunnel(proxy, '192.0.2.1:9', (error) => errors.push(error))
    closing.push(() => tunnel.close())
    const socket = connect(Number(tunnel.address.split(':')[1]), '127.0.0.1')
    await once(socket, 'close')
    expect(String(errors[0])).toMatch(text)
  })
})
