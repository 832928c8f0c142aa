import { randomBytes } from 'node:crypto'
import { bakeMacaroon, createClient, openChannel, selfSignedCertificate, services } from '@tidepool/rpc'
import type { Channel, Client, Permission, ServiceDef, poolrpc, tidepool } from '@tidepool/rpc'
import { nodeKey, toHex } from '@tidepool/crypto'
import { batchVersion } from '@tidepool/market'
import type { HandlerModules } from '../../src/adapters/grpc/handlerModules.ts'
import { ALL_PERMISSIONS } from '../../src/adapters/grpc/permissions.ts'
import { createTraderRest, createTraderServer } from '../../src/adapters/grpc/traderServer.ts'
import { Connection } from '../../src/app/connection.ts'
import { MissedBatches } from '../../src/app/missedBatches.ts'
import type { Trader } from '../../src/app/trader.ts'
import { Bench, silent } from './bench.ts'
import { FakeChannels } from './fakeChannels.ts'
import { keyOf } from './samples.ts'

const ROOT_KEY = new Uint8Array(32).fill(42)

/** The daemon's gRPC server over fakes, and clients with whatever macaroon a test wants. */
export class ServerBench {
  readonly bench = new Bench()
  readonly queried: string[] = []
  readonly connection = new Connection()
  stopped = false
  /** Thrown instead of a trader, as before the daemon is ready. */
  notReady: Error | undefined
  #port = 0
  #trader: Trader | undefined
  readonly #certificate = selfSignedCertificate(
    { organization: 'test', commonName: 'localhost', domains: ['localhost'], addresses: ['127.0.0.1'] },
    new Date(),
  )
  #server: ReturnType<typeof createTraderServer> | undefined
  #rest: ReturnType<typeof createTraderRest> | undefined
  readonly #channels: { close(): void }[] = []

  async start(): Promise<Awaited<ReturnType<Bench['run']>>> {
    const run = await this.bench.run()
    const { auctioneer, wallet } = this.bench
    this.#trader = {
      ...{
        ledger: run.ledger,
        accounts: run.accounts,
        changes: run.changes,
        changeWallet: this.bench.changes,
        orders: run.orders,
        height: run.height,
        auctioneer,
        wallet,
      },
      node: {
        nodeKey: nodeKey(keyOf('node')),
        addresses: [],
        version: { major: 0, minor: 20, patch: 1 },
        features: new Set(),
      },
      batchVersion: batchVersion(58),
      session: { subscribed: new Set(), connection: this.connection, refusalOf: () => undefined },
      missed: new MissedBatches({ auctioneer, ledger: run.ledger, logger: silent }),
      channels: new FakeChannels(),
      batches: { state: 'idle' },
    } as unknown as Trader
    this.#server = createTraderServer(
      { tls: this.#certificate, rootKeysOf: () => [ROOT_KEY], logger: silent },
      this.#modules(),
    )
    this.#port = (await this.#server.listen('localhost:0')).port
    return run
  }

  async stop(): Promise<void> {
    for (const channel of this.#channels) channel.close()
    await this.#rest?.stop(100)
    await this.#server?.stop(100)
    await this.bench.close()
  }

  /** Serves REST too, for pages of these origins. */
  async startRest(corsOrigins: readonly string[] = []): Promise<{ readonly port: number; readonly ca: string }> {
    const options = { tls: this.#certificate, rootKeysOf: () => [ROOT_KEY], logger: silent, corsOrigins }
    this.#rest = createTraderRest(options, this.#modules())
    return { port: (await this.#rest.listen('localhost:0')).port, ca: this.#certificate.cert }
  }

  stopRest(): Promise<void> | undefined {
    return this.#rest?.stop(1000)
  }

  macaroonHex(permissions: readonly Permission[] = ALL_PERMISSIONS, rootKey = ROOT_KEY): string {
    const id = { nonce: new Uint8Array(randomBytes(16)), rootKeyId: '0', permissions }
    return toHex(bakeMacaroon(id, rootKey, 'pool'))
  }

  client(permissions: readonly Permission[] = ALL_PERMISSIONS, rootKey = ROOT_KEY): Client<poolrpc.Trader_Service> {
    return this.clientWith(this.macaroonHex(permissions, rootKey))
  }

  /** Of the calls beyond the stock API. */
  view(permissions: readonly Permission[] = ALL_PERMISSIONS): Client<tidepool.TraderView_Service> {
    return this.clientOf(services.tidepool.TraderView, this.macaroonHex(permissions))
  }

  clientWith(macaroonHex: string | undefined): Client<poolrpc.Trader_Service> {
    return this.clientOf(services.poolrpc.Trader, macaroonHex)
  }

  /** Of any of the services. */
  clientOf<M>(service: ServiceDef<M>, macaroonHex: string | undefined): Client<M> {
    return createClient(service, this.#channel(macaroonHex))
  }

  /** What the handlers stand on. */
  get modules(): HandlerModules {
    return this.#modules()
  }

  #channel(macaroonHex: string | undefined): Channel {
    const tls = { kind: 'ca', pem: this.#certificate.cert } as const
    const channel = openChannel({ address: `localhost:${this.#port}`, tls, macaroonHex })
    this.#channels.push(channel)
    return channel
  }

  #modules(): HandlerModules {
    const terms = {
      executionFee: { baseFee: 1n, feeRate: 1000n },
      leaseDurationBuckets: new Map([
        [2016, 'MARKET_OPEN'],
        [1008, 'MARKET_CLOSED'],
      ]),
    }
    const answers: Readonly<Record<string, unknown>> = {
      terms: {
        ...terms,
        nextBatchConfTarget: 6,
        nextBatchFeeRateSatPerKw: 253n,
        nextBatchClearTimestamp: 9n,
        autoRenewExtensionBlocks: 3024,
      },
      batchSnapshot: {},
      batchSnapshots: { batches: [] },
      nodeRating: { nodeRatings: [] },
      marketInfo: { markets: new Map() },
    }
    const queries = new Proxy(
      {},
      {
        get: (_, name: string) => async (request: object) => {
          this.queried.push(
            `${name} ${JSON.stringify(request, (__, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value))}`,
          )
          return answers[name]
        },
      },
    ) as HandlerModules['queries']
    return {
      trader: () => {
        if (this.notReady !== undefined) throw this.notReady
        if (this.#trader === undefined) throw new Error('not started')
        return this.#trader
      },
      queries,
      version: '0.0.0-test',
      newNodesOnly: false,
      auctioneerAddress: 'auctioneer.test:12009',
      stop: () => {
        this.stopped = true
      },
    }
  }
}
