import { fromHex } from '@tidepool/crypto'
import { STATUS, StatusError, localService, selfSignedCertificate, services } from '@tidepool/rpc'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { http1, http2, type HttpAnswer } from '../../../test/kit/httpClient.ts'
import { keyOf } from '../../../test/kit/samples.ts'
import { ServerBench } from '../../../test/kit/serverBench.ts'
import { StartupError } from '../../core/errors.ts'
import { matchRoute, pathParameters } from './match.ts'
import { restHandler } from './restHandler.ts'
import { createRestServer } from './restServer.ts'
import { OWN_ROUTES, ROUTES, STOCK_ROUTES } from './routes.ts'

let bench: ServerBench
let place: { readonly port: number; readonly ca: string }
let macaroon: string

async function start(corsOrigins: readonly string[] = []): Promise<void> {
  bench = new ServerBench()
  await bench.start()
  place = await bench.startRest(corsOrigins)
  macaroon = bench.macaroonHex()
}

type Body = string | object | undefined

function call(method: string, path: string, body?: Body, headers: Record<string, string> = {}): Promise<HttpAnswer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  return http1({ ...place, method, path, body: text, headers: { 'Grpc-Metadata-Macaroon': macaroon, ...headers } })
}

const key = keyOf('alice')
const account = {
  account_value: '1000000',
  relative_height: 2880,
  fee_rate_sat_per_kw: '500',
  version: 'ACCOUNT_VERSION_TAPROOT',
}

describe('routes', () => {
  beforeAll(() => start())
  afterAll(() => bench.stop())

  it('are there for every method of the trader service, and for what only ours can do', () => {
    const routed = (service: string) => ROUTES.filter((route) => route.service === service).map(({ method }) => method)
    const names = (methods: object) =>
      Object.values(methods as Record<string, { name: string }>).map(({ name }) => name)
    expect(new Set(routed('poolrpc.Trader'))).toEqual(new Set(names(services.poolrpc.Trader.methods)))
    expect(routed('tidepool.TraderTools').toSorted()).toEqual(names(services.tidepool.TraderTools.methods).toSorted())
    expect(routed('tidepool.TraderView').toSorted()).toEqual(names(services.tidepool.TraderView.methods).toSorted())
    expect(STOCK_ROUTES.every(({ path }) => path.startsWith('/v1/pool/'))).toBe(true)
    expect(OWN_ROUTES.every(({ path }) => path.startsWith('/v1/tidepool/'))).toBe(true)
  })

  it.each(ROUTES.map((route) => [`${route.verb} ${route.path}`, route] as const))('%s', async (_, route) => {
    const path = pathParameters(route.path).reduce((text, name) => text.replace(`{${name}}`, '7'), route.path)
    expect(matchRoute(route.verb, path)).toMatchObject({ kind: 'route', route })
    const body = route.verb === 'POST' ? '{}' : undefined
    bench.notReady = new StartupError({ code: 'LND_LOCKED', state: 'LOCKED' }, 'lnd is not ready')
    const permitted = await call(route.verb, path, body)
    bench.notReady = undefined
    // Not ready, not there yet, done without lnd, or a 7 where bytes are expected.
    expect([200, 400, 501, 503]).toContain(permitted.status)
    if (permitted.status === 501) expect(permitted.text).toContain('is not supported by this daemon yet')
    const refused = await http1({ ...place, method: route.verb, path, body })
    expect(refused).toMatchObject({ status: 401, json: { code: STATUS.UNAUTHENTICATED, details: [] } })
  })

  it.each([
    ['GET', '/v1/pool/nowhere', 404, 5],
    ['GET', '/', 404, 5],
    ['PUT', '/v1/pool/info', 501, 12],
    ['GET', '/v1/pool/stop', 501, 12],
    ['OPTIONS', '/v1/pool/info', 501, 12],
    ['GET', '/v1/pool/orders/%E0%A4%A', 404, 5],
  ])('%s %s: %i', async (verb, path, status, code) => {
    expect(await call(verb, path)).toMatchObject({ status, json: { code, details: [] } })
  })
})

describe('answers', () => {
  beforeEach(() => start())
  afterEach(() => bench.stop())

  it('are JSON with every field, 64-bit numbers as text, bytes as base64, enums by name', async () => {
    const opened = await call('POST', '/v1/pool/accounts', account)
    expect(opened.headers).toMatchObject({ 'content-type': 'application/json' })
    expect(opened).toMatchObject({
      status: 200,
      json: { value: '1000000', available_balance: '0', state: 'PENDING_OPEN' },
    })
    const { accounts } = (await call('GET', '/v1/pool/accounts?active_only=true')).json as {
      readonly accounts: readonly { readonly trader_key: string; readonly version: string }[]
    }
    expect(accounts).toHaveLength(1)
    expect(Object.keys(accounts[0] ?? {})).toEqual([
      ...[
        'trader_key',
        'outpoint',
        'value',
        'available_balance',
        'expiration_height',
        'state',
        'latest_txid',
        'version',
      ],
    ])
    expect(Buffer.from(accounts[0]?.trader_key ?? '', 'base64')).toHaveLength(33)
    expect(accounts[0]?.version).toBe('ACCOUNT_VERSION_TAPROOT')
    expect((await call('GET', '/v1/pool/info')).json).toMatchObject({
      accounts_total: 1,
      node_rating: null,
      market_info: {},
    })
  })

  it('come over HTTP/2 as well', async () => {
    const headers = { 'grpc-metadata-macaroon': macaroon }
    const found = await http2({ ...place, method: 'GET', path: '/v1/pool/lease_durations', headers })
    expect(found).toMatchObject({ status: 200, json: { lease_duration_buckets: { '2016': 'MARKET_OPEN' } } })
    const posted = await http2({
      ...place,
      method: 'POST',
      path: '/v1/pool/accounts',
      headers,
      body: JSON.stringify(account),
    })
    expect(posted).toMatchObject({ status: 200, json: { value: '1000000' } })
  })

  it('take names in either case, numbers as numbers, enums by number, no body for an empty one', async () => {
    const other = { accountValue: 1_000_000, relativeHeight: '2880', feeRateSatPerKw: 500, version: 3 }
    expect((await call('POST', '/v1/pool/accounts', other)).json).toMatchObject({
      version: 'ACCOUNT_VERSION_TAPROOT_V2',
    })
    expect((await call('POST', '/v1/pool/accounts', '')).json).toMatchObject({ code: STATUS.INVALID_ARGUMENT })
  })

  it('pass names in a query over that the request has not', async () => {
    expect(await call('GET', '/v1/pool/accounts?active=true&outpoint.txid=5&_=7')).toMatchObject({ status: 200 })
  })

  it('take path and query: bytes in either alphabet, lists, nested fields', async () => {
    const id = Buffer.from(fromHex(key)).fill(0xff, 5, 20)
    await call('GET', `/v1/pool/batch/snapshots/${id.toString('base64url')}/7`)
    await call('GET', `/v1/pool/batch/snapshots/${encodeURIComponent(id.toString('base64'))}`)
    await call('GET', `/v1/pool/batch/snapshots?start_batch_id=${id.toString('base64url')}&num_batches_back=3`)
    await call('GET', `/v1/pool/node_ratings?node_pubkeys=${id.toString('base64url')}&nodePubkeys=AA==`)
    const hex = id.toString('hex')
    expect(bench.queried).toEqual([
      `batchSnapshots {"startBatchId":"${hex}","numBatchesBack":7}`,
      `batchSnapshots {"startBatchId":"${hex}","numBatchesBack":1}`,
      `batchSnapshots {"startBatchId":"${hex}","numBatchesBack":3}`,
      `nodeRating {"nodePubkeys":["${hex}","00"]}`,
    ])
    const close = `trader_key=${Buffer.from(fromHex(key)).toString('base64url')}&output_with_fee.conf_target=0`
    expect((await call('DELETE', `/v1/pool/accounts?${close}`)).json).toMatchObject({
      message: expect.stringContaining('conf_target'),
    })
  })

  it.each([
    ['POST', '/v1/pool/accounts', { ...account, acount_value: '5' }, /acount_value/],
    ['POST', '/v1/pool/accounts', { ...account, account_value: '-5' }, /account_value|range|accountValue/],
    ['POST', '/v1/pool/accounts', { ...account, version: 'NEW' }, /version/],
    ['POST', '/v1/pool/accounts', '{"account_value":', /JSON/],
    ['POST', '/v1/pool/accounts', '[]', /object/],
    ['POST', '/v1/pool/accounts/deposit', { trader_key: '?' }, /trader_key: expected base64/],
    ['GET', '/v1/pool/accounts?active_only=perhaps', undefined, /active_only: expected true or false/],
    ['GET', '/v1/pool/orders?verbose=1&verbose=0', undefined, /verbose: expected one value/],
    ['GET', '/v1/pool/leases?batch_ids=%25', undefined, /batch_ids/],
    ['DELETE', '/v1/pool/accounts?output_with_fee=x', undefined, /output_with_fee/],
    ['DELETE', '/v1/pool/orders/AAAA', undefined, /./],
  ] as const)('%s %s with %j is a 400', async (verb, path, body, text) => {
    const { status, json } = await call(verb, path, body)
    expect(status).toBe(400)
    expect(json).toEqual({ code: STATUS.INVALID_ARGUMENT, message: expect.stringMatching(text) as string, details: [] })
  })

  it('refuse a body that is too large', async () => {
    const { status, json } = await call('POST', '/v1/pool/orders', `"${'x'.repeat(5 * 1024 * 1024)}"`)
    expect({ status, json }).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining('at most') as string },
    })
  })

  it('fail with the status of the call', async () => {
    const nonce = Buffer.alloc(32, 1).toString('base64url')
    expect(await call('DELETE', `/v1/pool/orders/${nonce}`)).toMatchObject({ status: 404, json: { code: 5 } })
    expect(await call('POST', '/v1/pool/sidecar/offer', {})).toMatchObject({ status: 501, json: { code: 12 } })
    bench.notReady = new StartupError({ code: 'LND_LOCKED', state: 'LOCKED' }, 'lnd is not ready: unlock it')
    expect(await call('GET', '/v1/pool/accounts')).toMatchObject({
      status: 503,
      json: { code: 14, message: 'lnd is not ready: unlock it', details: [] },
    })
  })

  it('need a macaroon that permits the call', async () => {
    const read = bench.macaroonHex(['order:read'])
    const headers = { 'Grpc-Metadata-macaroon': read }
    // Two headers of a name arrive as one.
    const two = { 'Grpc-Metadata-Macaroon': `${macaroon}, ${read}` }
    expect(await call('GET', '/v1/pool/orders', undefined, two)).toMatchObject({ status: 401 })
    const only = await http1({ ...place, method: 'GET', path: '/v1/pool/orders', headers })
    expect(only).toMatchObject({ status: 200, json: { asks: [], bids: [] } })
    const refused = await http1({ ...place, method: 'GET', path: '/v1/pool/accounts', headers })
    expect(refused).toMatchObject({ status: 403, json: { code: STATUS.PERMISSION_DENIED } })
  })

  it('of a daemon that stops are still given', async () => {
    expect(await call('POST', '/v1/pool/stop', {})).toMatchObject({ status: 200, json: {} })
    expect(bench.stopped).toBe(true)
    await bench.stopRest()
    await expect(call('GET', '/v1/pool/info')).rejects.toThrow()
  })
})

describe('streams', () => {
  const failures = { statusByCode: {} }
  let stop: (() => Promise<void>) | undefined
  afterEach(() => stop?.())

  /** What a search answers that tells so often how it goes, and then fails. */
  async function search(count: number, failure?: Error): Promise<HttpAnswer> {
    const tools = localService(
      services.tidepool.TraderTools,
      {
        recoverFromChain: async function* ({ firstBlock }) {
          for (let left = count; left > 0; left--)
            yield { phase: 'search', scriptsLeft: BigInt(left), blocksLeft: firstBlock }
          if (failure !== undefined) throw failure
        },
      },
      { interceptors: [], failures },
    )
    const names = { organization: 'test', commonName: 'localhost', domains: ['localhost'], addresses: [] }
    const tls = selfSignedCertificate(names, new Date())
    const handler = restHandler({ method: (_, name) => tools.get(name), failures, document: () => '' })
    const server = createRestServer({ tls, corsOrigins: [] }, handler)
    stop = () => server.stop(100)
    const { port } = await server.listen('localhost:0')
    const body = '{"first_block":7}'
    return http1({ ca: tls.cert, port, method: 'POST', path: '/v1/tidepool/accounts/recover', body })
  }
  const linesOf = ({ text }: HttpAnswer): unknown[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)

  it('come line by line', async () => {
    const reply = await search(2)
    expect(reply.status).toBe(200)
    expect(linesOf(reply)).toMatchObject([
      { result: { phase: 'search', scripts_left: '2', blocks_left: 7, accounts_found: 0 } },
      { result: { scripts_left: '1' } },
    ])
  })

  it('that fail under way end with the error, those that fail at once are an error', async () => {
    const refusal = new StatusError(STATUS.FAILED_PRECONDITION, 'no more')
    const error = { code: STATUS.FAILED_PRECONDITION, message: 'no more', details: [] }
    expect(linesOf(await search(1, refusal))).toMatchObject([{ result: {} }, { error }])
    await stop?.()
    expect(await search(0, refusal)).toMatchObject({ status: 400, json: error })
  })
})

describe('pages of other origins', () => {
  afterEach(() => bench.stop())
  const origin = { origin: 'https://page.example' }

  it('get nothing unless they are let in', async () => {
    await start()
    expect((await call('GET', '/v1/pool/info', undefined, origin)).headers).not.toHaveProperty(
      'access-control-allow-origin',
    )
    expect((await call('OPTIONS', '/v1/pool/info', undefined, origin)).status).toBe(501)
  })

  it('may ask and call where they are let in, and no others', async () => {
    await start(['https://page.example'])
    const asked = await http1({ ...place, method: 'OPTIONS', path: '/v1/pool/accounts', headers: origin })
    expect(asked.status).toBe(204)
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': 'https://page.example',
      'access-control-allow-methods': 'POST, GET, DELETE',
      'access-control-allow-headers': 'content-type, grpc-metadata-macaroon',
    })
    const answer = await call('GET', '/v1/pool/info', undefined, origin)
    expect(answer).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': 'https://page.example' } })
    const other = await call('GET', '/v1/pool/info', undefined, { origin: 'https://other.example' })
    expect(other.headers).not.toHaveProperty('access-control-allow-origin')
  })

  it('may all call with *', async () => {
    await start(['*'])
    const answer = await call('GET', '/v1/pool/info', undefined, origin)
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': '*' })
  })
})
