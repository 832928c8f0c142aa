import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { listen } from './listener.ts'

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

async function dial(host: string, port: number): Promise<Socket> {
  const socket = connect(port, host)
  closing.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

describe('listen', () => {
  it('takes connections until it is closed, and keeps those it took', async () => {
    const taken: Socket[] = []
    const took = (): Promise<unknown> => new Promise((resolve) => (told = resolve))
    let told: (socket: Socket) => void = () => {}
    const listener = await listen('127.0.0.1:0', (socket) => {
      taken.push(socket)
      closing.push(() => socket.destroy())
      told(socket)
    })
    const first = took()
    const socket = await dial('127.0.0.1', listener.port)
    await first
    listener.close()
    await expect(dial('127.0.0.1', listener.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    taken[0]?.write('still here')
    expect(String((await once(socket, 'data'))[0])).toBe('still here')
  })

  it('says why it cannot', async () => {
    const { port, close } = await listen('127.0.0.1:0', () => {})
    closing.push(close)
    await expect(listen(`127.0.0.1:${port}`, () => {})).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
