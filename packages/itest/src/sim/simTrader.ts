import { blockCount, satoshi } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import { ACCOUNT_KEY_FAMILY, Ledger, runTrader } from '@tidepool/trader'
import type { NodeInfo, RunningTrader, Trader, TraderOptions } from '@tidepool/trader'
import { Life } from './kernel/life.ts'
import { Random } from './kernel/random.ts'
import { ChainFeed } from './outside/chainFeed.ts'
import { DiskStore } from './outside/disk.ts'
import type { Disk } from './outside/disk.ts'
import type { LightningNode } from './outside/lightning.ts'
import { WatchedTraderStore } from './checks/watchedTraderStore.ts'
import { SimAuctioneerClient } from './ports/auctioneerClient.ts'
import type { Server } from './ports/auctioneerClient.ts'
import { SimChannels } from './ports/channels.ts'
import { tracingLogger } from './ports/logger.ts'
import { SimTraderChanges, recoveryPorts } from './ports/traderChanges.ts'
import { SimTraderNode, traderChain, traderClock } from './ports/traderPorts.ts'
import type { Stage } from './stage.ts'

const OPTIONS: TraderOptions = {
  batchVersion: undefined,
  maxExpiryAhead: blockCount(52_560),
  maxExecutionFee: { baseFee: satoshi(10_000), feeRatePpm: 10_000n },
  newNodesOnly: false,
  labelPrefix: '',
  userAgent: 'sim',
  minBackoffMs: 5000,
  maxBackoffMs: 60_000,
}

/** Wumbo, alias ids, zero-conf, simple taproot. BOLT-9 */
const FEATURES = new Set([19, 47, 51, 81])

/** A trader's process: started, killed and started again on one disk and one node. */
export class SimTrader {
  readonly name: string
  readonly node: LightningNode
  readonly disk: Disk
  readonly #stage: Stage
  readonly #server: Server
  #life: Life | undefined
  #running: { readonly run: RunningTrader; readonly life: Life } | undefined
  #runs = 0
  /** Of the present process and every later one. */
  intercept: Life['intercept'] = () => undefined
  echoes: Life['echoes'] = () => false

  constructor(stage: Stage, server: Server, node: LightningNode, disk: Disk) {
    this.name = node.node.name
    this.#stage = stage
    this.#server = server
    this.node = node
    this.disk = disk
  }

  get isUp(): boolean {
    return this.#life?.alive === true
  }

  get life(): Life | undefined {
    return this.#life
  }

  /** Of the running process; undefined while it starts or is down. */
  current(): Trader | undefined {
    return this.#running?.life.alive === true ? this.#running.run.trader : undefined
  }

  get trader(): Trader {
    const trader = this.current()
    if (trader === undefined) throw new Error(`${this.name} is down`)
    return trader
  }

  /** The key of its one account. */
  get key(): AccountKey {
    const [key] = this.trader.ledger.accounts.keys()
    if (key === undefined) throw new Error(`${this.name} has no account`)
    return key
  }

  /** The key of its account of a version. */
  keyOf(version: AccountVersion): AccountKey {
    const account = [...this.trader.ledger.accounts.values()].find((one) => one.version === version)
    if (account === undefined) throw new Error(`${this.name} has no account of version ${version}`)
    return account.key
  }

  /** Keys of accounts that its node has handed out. */
  get keysInUse(): number {
    return this.node.node.keys.keyCount(ACCOUNT_KEY_FAMILY)
  }

  /** Its folder is gone; it must be down. */
  loseData(): void {
    this.disk.clear()
  }

  boot(): void {
    if (this.isUp) return
    const life = new Life(this.name, this.#stage.scheduler)
    life.intercept = (what, index) => this.intercept(what, index)
    life.echoes = (what) => this.echoes(what)
    this.#life = life
    this.#runs += 1
    this.#stage.trace.add(`${this.name} boots`)
    this.#start(life).catch((error: unknown) => {
      this.#stage.complaints.push(`${this.name} did not start: ${error instanceof Error ? error.stack : String(error)}`)
      this.kill()
    })
  }

  kill(): void {
    if (!this.isUp) return
    this.#stage.trace.add(`${this.name} is killed`)
    this.#life?.kill()
  }

  async #start(life: Life): Promise<void> {
    const { scheduler, clocks, trace, witness, market, chain, network, complaints, seed, postman, streams } =
      this.#stage
    life.onKill(() => witness.forgot(this.name))
    const isChanging = (key: AccountKey): boolean => this.#running?.run.trader.changes.changing.has(key) === true
    const node = new SimTraderNode(this.node.node, life, { witness, market }, isChanging)
    const changes = new SimTraderChanges(this.node.node, chain, life, witness)
    const random = new Random(`${seed}/${this.name} ${this.#runs}`)
    const run = await runTrader(OPTIONS, {
      ledger: await Ledger.open(
        new WatchedTraderStore(new DiskStore(this.disk, life, trace), { name: this.name, witness, chain }),
      ),
      auctioneer: new SimAuctioneerClient(this.#server, life, scheduler, postman, streams),
      wallet: node,
      signer: node,
      changeWallet: changes,
      changeSigner: changes,
      recovery: recoveryPorts(this.node.node, chain, life, () => scheduler.now),
      channels: new SimChannels(this.node, network, life),
      chain: traderChain(new ChainFeed(chain, life)),
      node: this.#info(),
      clock: traderClock(scheduler, life, () => clocks.aheadOf(this.name)),
      random: (length) => random.bytes(length),
      logger: tracingLogger(life, trace, complaints, (line) => this.#stage.hear(line)),
      crash: () => undefined,
    })
    this.#running = { run, life }
  }

  #info(): NodeInfo {
    const version = { major: 0, minor: 20, patch: 1 }
    return { nodeKey: this.node.key, addresses: ['127.0.0.1:9735'], version, features: FEATURES }
  }
}
