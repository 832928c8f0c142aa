import { blockCount } from '@tidepool/crypto'
import { batchVersion, nodeBatchVersion } from '@tidepool/market'
import type { BatchVersion } from '@tidepool/market'
import { connectFromFiles, dryRunAddress } from './adapters/lnd/connect.ts'
import { LndChain } from './adapters/lnd/chain.ts'
import { LndChannels } from './adapters/lnd/channels.ts'
import type { LndClients } from './adapters/lnd/clients.ts'
import { checkLnd } from './adapters/lnd/node.ts'
import { LndSigner } from './adapters/lnd/signer.ts'
import { LndWallet } from './adapters/lnd/wallet.ts'
import { Accounts } from './app/accounts.ts'
import { AuctioneerSession } from './app/auctioneerSession.ts'
import { Backoff, retryForever } from './app/backoff.ts'
import { BatchRunner } from './app/batchRunner.ts'
import type { CrashHook } from './app/crashPoints.ts'
import { Funding } from './app/funding/funding.ts'
import { HeightWatch } from './app/height.ts'
import type { Ledger } from './app/ledger.ts'
import { Orders } from './app/orders.ts'
import { Tasks } from './app/tasks.ts'
import type { Trader } from './app/trader.ts'
import type { Config } from './config.ts'
import { reasonOf } from './core/errors.ts'
import { usableAddresses } from './core/orderDraft.ts'
import { DEFAULT_VERIFY_LIMITS } from './core/verify/ownRecords.ts'
import type { Auctioneer } from './ports/auctioneer.ts'
import type { NodeInfo } from './ports/channels.ts'
import type { Clock, RandomBytes } from './ports/clock.ts'
import type { Logger } from './ports/logger.ts'

export interface StartModules {
  readonly ledger: Ledger
  readonly auctioneer: Auctioneer
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly crash: CrashHook
  readonly userAgent: string
}

export interface RunningTrader {
  readonly trader: Trader
  stop(): Promise<void>
}

/** The stock daemon's time for connecting peers and again for opening channels. */
const STEP_TIMEOUT_MS = 15_000
const HANDSHAKE_TIMEOUT_MS = 30_000

/** Feature bits of a node, even and odd. BOLT-9, lnd lnwire/features.go */
const FEATURE = { wumbo: [18, 19], scidAlias: [46, 47], zeroConf: [50, 51], taproot: [80, 81, 180, 181] } as const
const has = (node: NodeInfo, bits: readonly number[]): boolean => bits.some((bit) => node.features.has(bit))

/** One attempt to get going; what fails is undone. @throws StartupError with what is in the way */
export async function startTrader(config: Config, modules: StartModules): Promise<RunningTrader> {
  const lnd = connectFromFiles(config.lnd)
  const tasks = new Tasks(modules.logger)
  const stops: (() => Promise<void>)[] = [async () => lnd.close(), () => tasks.stopAll()]
  const stop = async (): Promise<void> => {
    for (const one of [...stops].reverse()) await one()
  }
  try {
    const node = await checkLnd(lnd, { ...config.lnd, network: config.network })
    const trader = wire(config, modules, lnd, node)
    tasks.start('blocks', (signal) => trader.height.run(signal))
    await trader.height.ready()
    stops.push(() => trader.accounts.stop())
    tasks.start('funding', (signal) => trader.funding.run(signal))
    await trader.batches.start()
    await trader.accounts.start()
    tasks.start('auctioneer', (signal) => trader.session.run(signal))
    tasks.start('order states', (signal) => synchroniseOrders(trader.orders, signal, config, modules))
    return { trader, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function announcedVersion(config: Config, node: NodeInfo): BatchVersion {
  if (config.batchVersion !== undefined) return batchVersion(config.batchVersion)
  const zeroConf = has(node, FEATURE.zeroConf) && has(node, FEATURE.scidAlias)
  return nodeBatchVersion({ zeroConf, muSig2: true })
}

function wire(
  config: Config,
  modules: StartModules,
  lnd: LndClients,
  node: NodeInfo,
): Trader & { readonly funding: Funding } {
  const { ledger, auctioneer, clock, random, logger } = modules
  const version = announcedVersion(config, node)
  const wallet = new LndWallet(lnd, dryRunAddress(config.network))
  const channels = new LndChannels(lnd)
  const chain = new LndChain(lnd, modules)
  const height = new HeightWatch({ chain, clock, logger })
  const fundingOptions = { newNodesOnly: config.newNodesOnly, stepTimeoutMs: STEP_TIMEOUT_MS }
  const funding = new Funding(fundingOptions, { channels, wallet, clock, logger, node })
  const limits = { ...DEFAULT_VERIFY_LIMITS, maxExpiryAhead: blockCount(config.maxExpiryAhead) }
  const batches = new BatchRunner(
    { nodeKey: node.nodeKey, batchVersion: version, limits },
    {
      ...{ ledger, funding, auctioneer, height, clock, logger },
      signer: new LndSigner(lnd),
      crash: modules.crash,
      followAccount: (key) => accounts.followAfterBatch(key),
    },
  )
  const { minBackoffMs, maxBackoffMs } = config.auctioneer
  const session = new AuctioneerSession(
    { batchVersion: version, minBackoffMs, maxBackoffMs, handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS },
    { auctioneer, ledger, logger, batches, wallet, random, clock },
  )
  const accounts: Accounts = new Accounts(
    {
      userAgent: modules.userAgent,
      labelPrefix: config.labelPrefix,
      retryMinMs: minBackoffMs,
      retryMaxMs: maxBackoffMs,
    },
    {
      ...{ ledger, auctioneer, wallet, chain, clock, height, logger },
      crash: modules.crash,
      subscribe: (key) => session.subscribe(key),
      batchConfirmed: (spend) => batches.batchConfirmed(spend),
    },
  )
  const orders = new Orders(
    {
      batchVersion: version,
      nodeKey: node.nodeKey,
      nodeAddresses: usableAddresses(node.addresses),
      wumbo: has(node, FEATURE.wumbo),
      simpleTaproot: has(node, FEATURE.taproot),
    },
    { ledger, auctioneer, wallet, height, clock, random, logger },
  )
  return {
    node,
    batchVersion: version,
    ledger,
    height,
    accounts,
    orders,
    session,
    batches,
    auctioneer,
    wallet,
    channels,
    funding,
  }
}

/** Order states are asked for as soon as the auctioneer answers. */
async function synchroniseOrders(
  orders: Orders,
  signal: AbortSignal,
  config: Config,
  modules: Pick<StartModules, 'clock' | 'logger'>,
): Promise<void> {
  const { minBackoffMs: minMs, maxBackoffMs: maxMs } = config.auctioneer
  const onError = (error: unknown): void =>
    modules.logger.warn('order states not known yet', { reason: reasonOf(error) })
  await retryForever(() => orders.synchronise(), {
    backoff: new Backoff({ minMs, maxMs }, modules.clock),
    signal,
    onError,
  })
}
