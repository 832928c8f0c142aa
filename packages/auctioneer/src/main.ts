#!/usr/bin/env node
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ClmError } from '@tidepool/crypto'
import { createServer, loadOrMakeCertificate, STATUS_BY_CODE } from '@tidepool/rpc'
import type { Server, ServerOptions } from '@tidepool/rpc'
import { openStore } from '@tidepool/store'
import { HealthImplementation } from 'grpc-health-check'
import { addAdminService } from './adapters/grpc/adminService.ts'
import { adminMacaroon } from './adapters/grpc/adminMacaroon.ts'
import { addMarketView } from './adapters/grpc/orderReasons.ts'
import { AUCTIONEER_STATUS } from './adapters/grpc/statusTable.ts'
import { addTraderService } from './adapters/grpc/traderService.ts'
import { waitForLnd } from './adapters/lnd/checkLnd.ts'
import type { LndInfo } from './adapters/lnd/checkLnd.ts'
import { connectFromFiles } from './adapters/lnd/connect.ts'
import { LndChain } from './adapters/lnd/lndChain.ts'
import { LndSigner } from './adapters/lnd/lndSigner.ts'
import { LndWallet } from './adapters/lnd/lndWallet.ts'
import { ThreadMatcher } from './adapters/matcher/threadMatcher.ts'
import { ThreadBatchSignatures } from './adapters/signatures/threadBatchSignatures.ts'
import { ThreadSignatures } from './adapters/signatures/threadSignatures.ts'
import { TableStore } from './adapters/store/auctioneerStore.ts'
import { pinoLogger, systemClock, systemEntropy } from './adapters/system.ts'
import { Auctioneer } from './app/auctioneer.ts'
import { NodeRatings } from './app/ratings.ts'
import { readConfig } from './config.ts'
import type { Config } from './config.ts'
import { TRADER_PING_MS, TRADER_PING_TIMEOUT_MS, WATCH_TRADERS_MS } from './core/deadStreams.ts'
import { helpText, sampleFile } from './config/texts.ts'
import type { FaultPoint, Logger } from './ports/system.ts'

const VERSION = '0.1.0'
/** Exit code of a process that a fault point ended. */
const FAULT_EXIT = 86
const STOP_GRACE_MS = 2_000

async function run(config: Config, logger: Logger, signal: AbortSignal): Promise<void> {
  mkdirSync(config.dataDir, { recursive: true })
  const lnd = connectFromFiles(config.lnd)
  const info = await waitForLnd(lnd, config.lnd, config.network, logger, signal)
  const store = await openStore({ engine: 'level', location: join(config.dataDir, 'store') })
  const chain = new LndChain(lnd, logger, info.height)
  chain.start()
  const matcher = new ThreadMatcher()
  const signatures = new ThreadSignatures()
  const batchSignatures = new ThreadBatchSignatures()
  const auctioneer = await Auctioneer.open(config.market, {
    store: new TableStore(store),
    wallet: new LndWallet(lnd),
    signer: new LndSigner(lnd),
    chain,
    clock: systemClock,
    entropy: systemEntropy,
    faults: faultPoint(config, logger),
    ratings: new NodeRatings(config.ratings, config.market.defaultTier),
    matcher,
    signatures,
    batchSignatures,
    logger,
  })
  await auctioneer.start()
  const { servers, health } = await serve(config, auctioneer, info, logger)
  logger.info('auctioneer ready', {
    network: config.network,
    rpcListen: config.rpcListen,
    adminListen: config.adminListen,
    auctioneerKey: auctioneer.accountKey.key,
    height: chain.bestHeight(),
  })
  await aborted(signal)
  logger.info('auctioneer stops')
  for (const service of ['', TRADER_SERVICE]) health.setStatus(service, 'NOT_SERVING')
  await auctioneer.stop()
  await Promise.all([matcher.stop(), signatures.stop(), batchSignatures.stop()])
  await Promise.all(servers.map((server) => server.stop(STOP_GRACE_MS)))
  chain.stop()
  await store.close()
  lnd.close()
  logger.info('auctioneer stopped')
}

const TRADER_SERVICE = 'poolrpc.ChannelAuctioneer'

interface Serving {
  readonly servers: readonly Server[]
  readonly health: HealthImplementation
}

/** Two servers, one certificate: traders' and the operator's. */
async function serve(config: Config, auctioneer: Auctioneer, info: LndInfo, logger: Logger): Promise<Serving> {
  const tls = loadOrMakeCertificate({ ...config.tls, organization: 'tidepool auctioneer' }, new Date())
  const base: Omit<ServerOptions, 'tls'> = {
    statusByCode: { ...STATUS_BY_CODE, ...AUCTIONEER_STATUS },
    onUnexpected: (error, context) => logger.error('call failed', { method: context.method, error }),
  }
  const alive = { watchMs: WATCH_TRADERS_MS, keepaliveMs: TRADER_PING_MS, pingTimeoutMs: TRADER_PING_TIMEOUT_MS }
  const traders = createServer({ ...base, ...alive, tls: config.insecure ? 'insecure' : tls })
  addTraderService(traders, auctioneer, logger)
  addMarketView(traders, auctioneer.answers)
  const health = new HealthImplementation({ '': 'SERVING', [TRADER_SERVICE]: 'SERVING' })
  health.addToServer(traders.grpc)
  const admin = createServer({ ...base, tls, forwardUpstream: true })
  const facts = {
    version: VERSION,
    network: config.network,
    lndVersion: info.version,
    lndNodeKey: info.nodeKey,
    height: () => auctioneer.height,
  }
  addAdminService(admin, auctioneer, facts, [adminMacaroon(config.adminMacaroonPath, config.dataDir)])
  await traders.listen(config.rpcListen)
  await admin.listen(config.adminListen)
  return { servers: [traders, admin], health }
}

/** Ends the process on purpose, as a power cut would, for crash tests. */
function faultPoint(config: Config, logger: Logger): FaultPoint {
  return {
    reach: (point) => {
      if (config.exitAt !== point) return
      logger.error('process ended by --debug.exit-at', { point })
      process.exit(FAULT_EXIT)
    },
    uncertain: (error) => {
      logger.error('a batch may or may not be stored: start again to read what is', { error })
      process.exit(1)
    },
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function main(): Promise<number> {
  const request = readConfig(process.argv.slice(2), process.env)
  if (request.kind === 'help') {
    process.stdout.write(helpText())
    return 0
  }
  if (request.kind === 'sample') {
    process.stdout.write(sampleFile(request.given))
    return 0
  }
  if (request.kind === 'version') {
    process.stdout.write(`auctioneerd ${VERSION}\n`)
    return 0
  }
  const logger = pinoLogger(request.config.logLevel)
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  try {
    await run(request.config, logger, controller.signal)
    return 0
  } catch (error) {
    if (controller.signal.aborted) return 0
    logger.error('auctioneer could not go on', { code: error instanceof ClmError ? error.code : 'UNEXPECTED', error })
    return 1
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`auctioneerd: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
