import type { BlockCount } from '@tidepool/crypto'
import { batchVersion, nodeBatchVersion } from '@tidepool/market'
import type { BatchVersion, FeeSchedule } from '@tidepool/market'
import { reasonOf } from '../core/errors.ts'
import { usableAddresses } from '../core/orderDraft.ts'
import { DEFAULT_VERIFY_LIMITS } from '../core/verify/ownRecords.ts'
import type { ChangeSigner, ChangeWallet } from '../ports/accountChange.ts'
import type { Auctioneer } from '../ports/auctioneer.ts'
import type { Chain } from '../ports/chain.ts'
import type { Channels, NodeInfo } from '../ports/channels.ts'
import type { Clock, RandomBytes } from '../ports/clock.ts'
import type { LogSubsystem, Logger } from '../ports/logger.ts'
import type { Signer, Wallet } from '../ports/wallet.ts'
import { Accounts } from './accounts.ts'
import { AuctioneerSession } from './auctioneerSession.ts'
import { Backoff, retryForever } from './backoff.ts'
import { BatchRunner } from './batchRunner.ts'
import { AccountChanges } from './changes/accountChanges.ts'
import type { CrashHook } from './crashPoints.ts'
import { Funding } from './funding/funding.ts'
import { HeightWatch } from './height.ts'
import type { Ledger } from './ledger.ts'
import { MissedBatches } from './missedBatches.ts'
import { Orders } from './orders.ts'
import { Recovery } from './recovery/recovery.ts'
import type { RecoveryModules, RecoveryPorts } from './recovery/recovery.ts'
import { Tasks } from './tasks.ts'
import type { Trader } from './trader.ts'

/** What the owner decides; read once at start. */
export interface TraderOptions {
  /** Forced; otherwise what the node supports. */
  readonly batchVersion: number | undefined
  readonly maxExpiryAhead: BlockCount
  /** No order is submitted at a higher one, whatever the auctioneer's terms. */
  readonly maxExecutionFee: FeeSchedule
  readonly newNodesOnly: boolean
  readonly labelPrefix: string
  readonly userAgent: string
  readonly minBackoffMs: number
  readonly maxBackoffMs: number
}

/** The outside world, as the trader needs it. */
export interface TraderPorts {
  readonly ledger: Ledger
  readonly auctioneer: Auctioneer
  readonly wallet: Wallet
  readonly signer: Signer
  readonly changeWallet: ChangeWallet
  readonly changeSigner: ChangeSigner
  readonly channels: Channels
  /** Without it accounts cannot be recovered. */
  readonly recovery?: RecoveryPorts
  readonly chain: Chain
  readonly node: NodeInfo
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly crash: CrashHook
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

/** Wires the services and starts them, each after what it stands on; what fails is undone. @throws StartupError */
export async function runTrader(options: TraderOptions, ports: TraderPorts): Promise<RunningTrader> {
  const tasks = new Tasks(ports.logger)
  const stops: (() => Promise<void>)[] = [() => tasks.stopAll()]
  const stop = async (): Promise<void> => {
    for (const one of stops.toReversed()) await one()
  }
  try {
    const trader = wire(options, ports)
    tasks.start('blocks', (signal) => trader.height.run(signal))
    await trader.height.ready()
    stops.push(() => trader.accounts.stop())
    tasks.start('funding', (signal) => trader.funding.run(signal))
    await trader.batches.start()
    stops.push(async () => trader.batches.stop())
    await trader.accounts.start()
    await trader.changes.start()
    tasks.start('auctioneer', (signal) => trader.session.run(signal))
    trader.height.onBlock(() => void trader.orders.blockSeen())
    trader.height.onBlock(() => trader.batches.foresee())
    trader.height.onBlock(() => void trader.batches.blockSeen())
    tasks.start('order states', (signal) => synchroniseOrders(trader.orders, signal, options, ports))
    return { trader, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function announcedVersion(options: TraderOptions, node: NodeInfo): BatchVersion {
  if (options.batchVersion !== undefined) return batchVersion(options.batchVersion)
  const zeroConf = has(node, FEATURE.zeroConf) && has(node, FEATURE.scidAlias)
  return nodeBatchVersion({ zeroConf, muSig2: true })
}

function wire(options: TraderOptions, ports: TraderPorts): Trader & { readonly funding: Funding } {
  const { ledger, auctioneer, wallet, signer, channels, chain, node, clock, random, logger, crash } = ports
  const { minBackoffMs, maxBackoffMs, userAgent, labelPrefix, newNodesOnly } = options
  const log = subsystems(logger)
  const version = announcedVersion(options, node)
  const height = new HeightWatch({ chain, clock, logger: log.LNDC })
  const funding = new Funding(
    { newNodesOnly, stepTimeoutMs: STEP_TIMEOUT_MS },
    { channels, wallet, clock, logger: log.FNDG, node },
  )
  const limits = { ...DEFAULT_VERIFY_LIMITS, maxExpiryAhead: options.maxExpiryAhead }
  const batches = new BatchRunner(
    { nodeKey: node.nodeKey, batchVersion: version, limits },
    {
      ...{ ledger, funding, auctioneer, signer, chain, height, clock, logger: log.ORDR, crash },
      changing: () => changes.changing,
      followAccount: (key) => accounts.followAfterBatch(key),
    },
  )
  const missed = new MissedBatches({ auctioneer, ledger, logger: log.AUCT })
  const session = new AuctioneerSession(
    { batchVersion: version, minBackoffMs, maxBackoffMs, handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS },
    {
      ...{ auctioneer, ledger, logger: log.AUCT, batches, wallet, random, clock },
      regained: (outage) => missed.lookUp(outage),
      announce: (key) => accounts.announce(key),
    },
  )
  const accounts: Accounts = new Accounts(
    { userAgent, labelPrefix, retryMinMs: minBackoffMs, retryMaxMs: maxBackoffMs },
    {
      ...{ ledger, auctioneer, wallet, chain, clock, height, logger: log.ACCT, crash },
      subscribe: (key) => session.subscribe(key),
      batchConfirmed: (spend) => batches.batchConfirmed(spend),
    },
  )
  const { changeWallet, changeSigner } = ports
  const changes: AccountChanges = new AccountChanges(
    { labelPrefix },
    {
      ...{ ledger, accounts, wallet, changeWallet, signer, changeSigner, auctioneer, height, logger: log.ACCT, crash },
      inBatch: (key) => batches.involves(key),
    },
  )
  const orders = new Orders(
    {
      batchVersion: version,
      nodeKey: node.nodeKey,
      nodeAddresses: usableAddresses(node.addresses),
      wumbo: has(node, FEATURE.wumbo),
      simpleTaproot: has(node, FEATURE.taproot),
      maxExecutionFee: options.maxExecutionFee,
    },
    { ledger, auctioneer, wallet, height, clock, random, logger: log.ORDR },
  )
  const recovery = makeRecovery(version, ports, accounts, session)
  const services = { recovery, accounts, changes, changeWallet, orders, session, missed, batches, funding }
  return { node, batchVersion: version, ledger, height, auctioneer, wallet, channels, ...services }
}

/** Where no log knows subsystems, one is for all. */
function subsystems(logger: Logger) {
  const of = (name: LogSubsystem): Logger => logger.of?.(name) ?? logger
  return { LNDC: of('LNDC'), FNDG: of('FNDG'), ORDR: of('ORDR'), AUCT: of('AUCT'), ACCT: of('ACCT') }
}

function makeRecovery(
  version: BatchVersion,
  { recovery, auctioneer, ledger, logger, wallet, random, clock, channels }: TraderPorts,
  accounts: Accounts,
  session: AuctioneerSession,
): Recovery | undefined {
  if (recovery === undefined) return undefined
  const around: Pick<RecoveryModules, 'follow' | 'aside'> = {
    follow: (key) => accounts.followAfterBatch(key),
    aside: (work) => session.aside(work),
  }
  const modules = { auctioneer, ledger, logger, wallet, random, clock, channels, ...around, ...recovery }
  return new Recovery({ batchVersion: version, timeoutMs: HANDSHAKE_TIMEOUT_MS }, modules)
}

/** Order states are asked for as soon as the auctioneer answers. */
async function synchroniseOrders(
  orders: Orders,
  signal: AbortSignal,
  { minBackoffMs: minMs, maxBackoffMs: maxMs }: TraderOptions,
  { logger, clock }: Pick<TraderPorts, 'clock' | 'logger'>,
): Promise<void> {
  const onError = (error: unknown): void => logger.warn('order states not known yet', { reason: reasonOf(error) })
  await retryForever(() => orders.synchronise(), { backoff: new Backoff({ minMs, maxMs }, clock), signal, onError })
}
