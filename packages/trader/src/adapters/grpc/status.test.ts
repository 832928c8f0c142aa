import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { settle } from '../../../test/kit/fakeClock.ts'
import { ServerBench } from '../../../test/kit/serverBench.ts'
import { StartupError } from '../../core/errors.ts'
import { readiness, serveHealth } from '../http/healthServer.ts'

let bench: ServerBench
beforeEach(async () => {
  bench = new ServerBench()
  await bench.start()
})
afterEach(() => bench.stop())

const locked = new StartupError({ code: 'LND_LOCKED', state: 'LOCKED' }, 'lnd is locked')

describe('the status', () => {
  it('tells everything at a glance', async () => {
    await bench.client().initAccount({
      accountValue: 1_000_000n,
      accountExpiry: { case: 'relativeHeight', value: 2880 },
      fees: { case: 'feeRateSatPerKw', value: 500n },
      version: 'ACCOUNT_VERSION_LND_DEPENDENT',
    })
    await settle()
    bench.connection.wanted(1n)
    bench.connection.online(5n)
    const status = await bench.view().status({})
    expect(status).toMatchObject({
      version: '0.0.0-test',
      problem: '',
      node: { lndVersion: '0.20.1', problem: '' },
      auctioneer: { address: 'auctioneer.test:12009', state: 'online', sinceNs: 5n, batchState: 'idle' },
      accounts: [{ state: 'pending_open', valueSat: 1_000_000n, availableSat: 1_000_000n, blocksLeft: 2880 }],
      nextBatch: { clearTimestamp: 9n, feeRateSatPerKw: 253n, ordersBelowFeeRate: 0 },
      leases: [],
    })
  })

  it('tells of being offline', async () => {
    bench.connection.wanted(1n)
    bench.connection.offline(7n, 'no route')
    bench.connection.waits(9n)
    expect((await bench.view().status({})).auctioneer).toMatchObject({
      ...{ state: 'offline', sinceNs: 1n, reason: 'no route', tries: 1, nextTryNs: 9n },
    })
  })

  it('answers while the daemon waits for lnd, and to those who may read only', async () => {
    bench.notReady = locked
    const reader = bench.view(['account:read', 'order:read', 'auction:read'])
    expect(await reader.status({})).toMatchObject({ problem: 'lnd is locked', problemCode: 'LND_LOCKED' })
    await expect(bench.view(['account:read']).status({})).rejects.toThrow()
  })
})

describe('the health endpoint', () => {
  it('is ready when lnd is there, and the auctioneer if an account needs it', () => {
    const modules = bench.modules
    expect(readiness(modules)).toMatchObject({ status: 200, body: { ready: true } })
    bench.connection.wanted(1n)
    expect(readiness(modules)).toMatchObject({ status: 503, body: { code: 'CONNECTING' } })
    bench.connection.offline(2n, 'no route')
    expect(readiness(modules)).toMatchObject({ status: 503, body: { code: 'OFFLINE', reason: 'no route' } })
    bench.connection.online(3n)
    expect(readiness(modules).status).toBe(200)
    bench.notReady = locked
    expect(readiness(modules)).toMatchObject({ status: 503, body: { code: 'LND_LOCKED', reason: 'lnd is locked' } })
  })

  it('is plain HTTP', async () => {
    const server = await serveHealth('127.0.0.1:0', bench.modules)
    const get = async (path: string): Promise<unknown> => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`)
      return [response.status, await response.json()]
    }
    bench.notReady = locked
    expect(await get('/healthz')).toEqual([200, { alive: true }])
    expect(await get('/readyz?x=1')).toEqual([503, { ready: false, code: 'LND_LOCKED', reason: 'lnd is locked' }])
    expect(await get('/')).toEqual([404, {}])
    await server.stop()
  })
})
