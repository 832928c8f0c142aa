import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { blockHeight } from '@tidepool/crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RpcBlocks } from './rpcBlocks.ts'

const ANSWERS: Readonly<Record<string, unknown>> = { getblockcount: 7, getblockhash: 'ab', getblock: '0102ff' }

describe('blocks of a bitcoind', () => {
  const asked: unknown[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      if (request.headers.authorization !== `Basic ${Buffer.from('me:secret').toString('base64')}`) {
        response.writeHead(401).end()
        return
      }
      const { method, params } = JSON.parse(Buffer.concat(parts).toString()) as {
        readonly method: string
        readonly params: readonly unknown[]
      }
      asked.push([method, ...params])
      const unknown = method === 'getblockhash' && params[0] === 8
      const error = unknown ? { code: -8, message: 'Block height out of range' } : null
      response.end(JSON.stringify({ result: unknown ? null : ANSWERS[method], error }))
    })
  })
  let host = ''
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => void server.close())
  const blocks = (password: string) => new RpcBlocks({ host, user: 'me', password, tls: undefined })

  it('are asked for by hash, as bytes', async () => {
    expect(await blocks('secret').bestHeight()).toBe(7)
    expect(await blocks('secret').block(blockHeight(5))).toEqual(Uint8Array.of(1, 2, 255))
    expect(asked).toEqual([['getblockcount'], ['getblockhash', 5], ['getblock', 'ab', 0]])
  })

  it('say what is wrong when they do not come', async () => {
    const refused = { code: 'BLOCKS_UNREACHABLE' }
    await expect(blocks('wrong').bestHeight()).rejects.toMatchObject(refused)
    await expect(blocks('secret').block(blockHeight(8))).rejects.toThrow(/out of range/)
    const nobody = new RpcBlocks({ host: '127.0.0.1:1', user: '', password: '', tls: undefined })
    await expect(nobody.bestHeight()).rejects.toMatchObject(refused)
  })
})
