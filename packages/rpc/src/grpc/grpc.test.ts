import { afterEach, describe, expect, it } from 'vitest'
import { ClmError } from '@tidepool/crypto'
import { services } from '../gen/services.ts'
import { STOCK_TEXTS } from '../status.ts'
import { openChannel, type Channel } from './channel.ts'
import { createClient } from './client.ts'
import { RpcError, StatusError } from './errors.ts'
import { createServer, type Server, type ServerOptions } from './server.ts'
import { addService, type Handlers } from './service.ts'
import { STATUS } from './statusCode.ts'

class LocalError extends ClmError<{ readonly code: 'LOCAL'; readonly amount: bigint }> {}

const opened: { server: Server; channel: Channel }[] = []

afterEach(async () => {
  for (const { server, channel } of opened.splice(0)) {
    channel.close()
    await server.stop(200)
  }
})

type Auctioneer = Partial<Handlers<NonNullable<(typeof services.poolrpc.ChannelAuctioneer)['types']>>>
type Mail = Partial<Handlers<NonNullable<(typeof services.poolrpc.HashMail)['types']>>>

async function start(handlers: Auctioneer, mail: Mail = {}, options: Partial<ServerOptions> = {}) {
  const server = createServer({ tls: 'insecure', ...options })
  addService(server, services.poolrpc.ChannelAuctioneer, handlers)
  addService(server, services.poolrpc.HashMail, mail)
  const { port } = await server.listen('localhost:0')
  const channel = openChannel({ address: `localhost:${port}`, tls: { kind: 'insecure' } })
  opened.push({ server, channel })
  return {
    server,
    client: createClient(services.poolrpc.ChannelAuctioneer, channel),
    mail: createClient(services.poolrpc.HashMail, channel),
  }
}

const caught = async (promise: Promise<unknown>): Promise<RpcError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RpcError)
  return error as RpcError
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = []
  for await (const item of stream) out.push(item)
  return out
}

const box = (n: number) => ({ msg: Uint8Array.of(n & 0xff) })

describe('unary calls', () => {
  it('carries typed values both ways', async () => {
    const { client } = await start({
      reserveAccount: (request, context) => {
        expect(request).toEqual({
          accountValue: 2n ** 64n - 1n,
          accountExpiry: 7,
          traderKey: new Uint8Array(33),
          version: 0,
        })
        expect(context.method).toBe('/poolrpc.ChannelAuctioneer/ReserveAccount')
        expect(context.peer).toMatch(/:\d+$/)
        expect(context.metadata.get('who')).toBe('me')
        return Promise.resolve({ auctioneerKey: Uint8Array.of(1, 2) })
      },
    })
    const answer = await client.reserveAccount(
      { accountValue: 2n ** 64n - 1n, accountExpiry: 7, traderKey: new Uint8Array(33) },
      { metadata: { who: 'me' } },
    )
    expect(answer).toEqual({ auctioneerKey: Uint8Array.of(1, 2), initialBatchKey: new Uint8Array() })
  })

  it('refuses a bad request before it is sent', async () => {
    const { client } = await start({})
    await expect(client.reserveAccount({ accountExpiry: -1 })).rejects.toMatchObject({ code: 'VALUE_OUT_OF_RANGE' })
  })

  it('answers UNIMPLEMENTED without a handler', async () => {
    const { client } = await start({})
    expect((await caught(client.terms({}))).status).toBe(STATUS.UNIMPLEMENTED)
  })

  it('ends at the deadline, and when cancelled', async () => {
    const aborted: string[] = []
    const { client } = await start({
      terms: (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted.push('terms')
            resolve({})
          })
        }),
    })
    expect((await caught(client.terms({}, { deadlineMs: 50 }))).status).toBe(STATUS.DEADLINE_EXCEEDED)
    const controller = new AbortController()
    const call = client.terms({}, { signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    expect((await caught(call)).status).toBe(STATUS.CANCELLED)
    await expect.poll(() => aborted.length).toBe(2)
  })
})

describe('errors', () => {
  it('sends our code and detail beside the status', async () => {
    const { client } = await start(
      { terms: () => Promise.reject(new LocalError({ code: 'LOCAL', amount: 5n }, 'too little')) },
      {},
      { statusByCode: { LOCAL: STATUS.FAILED_PRECONDITION } },
    )
    const error = await caught(client.terms({}))
    expect(error.detail).toMatchObject({
      code: 'RPC',
      status: STATUS.FAILED_PRECONDITION,
      statusName: 'FAILED_PRECONDITION',
      details: 'too little',
      errorCode: 'LOCAL',
      errorDetail: { code: 'LOCAL', amount: '5' },
    })
  })

  it('adds the texts a stock trader looks for', async () => {
    class Missing extends ClmError {}
    const { client } = await start(
      {
        orderState: () => Promise.reject(new Missing({ code: 'ORDER_NOT_FOUND' }, 'nothing by that nonce')),
        batchSnapshot: () => Promise.reject(new Missing({ code: 'BATCH_NOT_FOUND' }, 'not final')),
      },
      {},
      { statusByCode: { BATCH_NOT_FOUND: STATUS.NOT_FOUND } },
    )
    const orderError = await caught(client.orderState({}))
    expect(orderError.detail.details).toContain('no order found')
    expect((await caught(client.batchSnapshot({}))).detail.details).toContain('batch snapshot not found')
    expect(STOCK_TEXTS).toEqual({ batchNotFinal: 'batch snapshot not found', orderNotFound: 'no order found' })
  })

  it('hides what nobody foresaw', async () => {
    const seen: unknown[] = []
    const { client } = await start(
      { terms: () => Promise.reject(new LocalError({ code: 'LOCAL', amount: 1n }, 'secret')) },
      {},
      { onUnexpected: (error) => seen.push(error) },
    )
    const error = await caught(client.terms({}))
    expect([error.status, error.detail.details]).toEqual([STATUS.INTERNAL, 'internal error'])
    expect(seen).toHaveLength(1)
  })

  it('lets a handler choose status, text and trailers', async () => {
    const trailers = new Map([['www-authenticate', 'L402 x']])
    const { client } = await start({ terms: () => Promise.reject(new StatusError(STATUS.UNKNOWN, 'as lnd', trailers)) })
    const error = await caught(client.terms({}))
    expect([error.status, error.detail.details]).toEqual([STATUS.UNKNOWN, 'as lnd'])
    expect(error.trailers.get('www-authenticate')).toBe('L402 x')
  })
})

describe('streams', () => {
  it('delivers a server stream in order, under back pressure', async () => {
    const { mail } = await start(
      {},
      {
        recvStream: async function* () {
          for (let i = 0; i < 500; i++) yield box(i)
        },
      },
    )
    const got = await collect(mail.recvStream({}))
    expect(got.map((item) => item.msg[0])).toEqual(Array.from({ length: 500 }, (_, i) => i & 0xff))
  })

  it('throws where a server stream broke, after what came before', async () => {
    const { mail } = await start(
      {},
      {
        recvStream: async function* () {
          yield box(1)
          throw new StatusError(STATUS.NOT_FOUND, 'gone')
        },
      },
    )
    const got: number[] = []
    const run = async () => {
      for await (const item of mail.recvStream({})) got.push(item.msg[0] ?? -1)
    }
    expect((await caught(run())).detail.details).toBe('gone')
    expect(got).toEqual([1])
  })

  it('ends quietly when the reader stops, and tells the server', async () => {
    let stopped = false
    const { mail } = await start(
      {},
      {
        recvStream: async function* (_, { signal }) {
          signal.addEventListener('abort', () => {
            stopped = true
          })
          for (let i = 0; !signal.aborted; i++) {
            yield box(i)
            await new Promise((resolve) => setTimeout(resolve, 1))
          }
        },
      },
    )
    for await (const _ of mail.recvStream({})) break
    await expect.poll(() => stopped).toBe(true)
  })

  it('answers a client stream', async () => {
    const { mail } = await start(
      {},
      {
        sendStream: async (messages) => {
          const all = await collect(messages)
          return { streamId: Uint8Array.from(all, (item) => item.msg[0] ?? 0) }
        },
      },
    )
    const stream = mail.sendStream()
    for (let i = 0; i < 100; i++) await stream.send(box(i))
    expect((await stream.finish()).streamId).toEqual(Uint8Array.from({ length: 100 }, (_, i) => i))
    await expect(stream.send(box(1))).rejects.toThrow(RpcError)
  })

  it('talks both ways, and never ends with OK', async () => {
    const { client } = await start({
      subscribeBatchAuction: async (stream) => {
        for await (const message of stream) {
          const { msg } = message
          if (msg?.case === 'recover')
            await stream.send({ msg: { case: 'success', value: { traderKey: msg.value.traderKey } } })
        }
      },
    })
    const stream = client.subscribeBatchAuction()
    await stream.send({ msg: { case: 'recover', value: { traderKey: Uint8Array.of(9) } } })
    const iterator = stream[Symbol.asyncIterator]()
    expect((await iterator.next()).value).toEqual({ msg: { case: 'success', value: { traderKey: Uint8Array.of(9) } } })
    stream.end()
    expect((await caught(iterator.next())).status).toBe(STATUS.UNAVAILABLE)
    await expect(stream.send({})).rejects.toThrow(RpcError)
  })

  it('turns CANCELLED into UNAVAILABLE, and wakes the handler', async () => {
    let over = false
    const { client } = await start({
      subscribeBatchAuction: async (stream) => {
        setTimeout(() => stream.fail(STATUS.CANCELLED, 'someone newer came'), 10)
        for await (const _ of stream) expect.unreachable()
        over = true
      },
    })
    const error = await caught(collect(client.subscribeBatchAuction()))
    expect([error.status, error.detail.details]).toEqual([STATUS.UNAVAILABLE, 'someone newer came'])
    await expect.poll(() => over).toBe(true)
  })

  it('ends open streams with UNAVAILABLE when the server stops', async () => {
    const { server, client } = await start({
      subscribeBatchAuction: async (stream) => {
        for await (const _ of stream) expect.unreachable()
      },
    })
    const reading = caught(collect(client.subscribeBatchAuction()))
    await new Promise((resolve) => setTimeout(resolve, 50))
    await server.stop(500)
    expect((await reading).status).toBe(STATUS.UNAVAILABLE)
  })

  it('tells the handler that the client is gone', async () => {
    let over = false
    const { client } = await start({
      subscribeBatchAuction: async (stream) => {
        await stream.send({})
        for await (const _ of stream) expect.unreachable()
        over = true
      },
    })
    const stream = client.subscribeBatchAuction()
    for await (const _ of stream) stream.cancel()
    await expect.poll(() => over).toBe(true)
  })
})

describe('interceptors', () => {
  it('run around every call and may refuse it', async () => {
    const log: string[] = []
    const { client } = await start(
      { terms: () => Promise.resolve({}) },
      {},
      {
        interceptors: [
          async (context, next) => {
            log.push(`> ${context.method}`)
            const result = await next()
            log.push('<')
            return result
          },
          (context, next) => {
            if (context.metadata.get('pass') === undefined) throw new StatusError(STATUS.UNAUTHENTICATED, 'no')
            return next()
          },
        ],
      },
    )
    expect((await caught(client.terms({}))).status).toBe(STATUS.UNAUTHENTICATED)
    await client.terms({}, { metadata: { pass: '1' } })
    expect(log).toEqual(['> /poolrpc.ChannelAuctioneer/Terms', '> /poolrpc.ChannelAuctioneer/Terms', '<'])
  })
})

it('refuses a stream before its handler runs', async () => {
  const refuse = (): never => {
    throw new StatusError(STATUS.PERMISSION_DENIED, 'no')
  }
  const { client, mail } = await start(
    { subscribeBatchAuction: () => Promise.reject(new Error('must not run')) },
    {
      recvStream: async function* () {
        yield box(1)
      },
    },
    { interceptors: [refuse] },
  )
  expect((await caught(client.terms({}))).status).toBe(STATUS.UNIMPLEMENTED)
  expect((await caught(collect(client.subscribeBatchAuction()))).status).toBe(STATUS.PERMISSION_DENIED)
  expect((await caught(collect(mail.recvStream({})))).status).toBe(STATUS.PERMISSION_DENIED)
})

it('refuses to send a macaroon without TLS', () => {
  expect(() => openChannel({ address: 'localhost:1', tls: { kind: 'insecure' }, macaroonHex: '00' })).toThrow(
    /needs TLS/,
  )
})
