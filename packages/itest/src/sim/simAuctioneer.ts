import { blockCount, satPerKWeight, satoshi } from '@tidepool/crypto'
import { Auctioneer, NodeRatings } from '@tidepool/auctioneer'
import type { AuctioneerOptions, FaultPoint } from '@tidepool/auctioneer'
import { DEFAULT_MATCH_RULES } from '@tidepool/market'
import { WatchedStore } from './checks/watchedStore.ts'
import { Life } from './kernel/life.ts'
import { Random } from './kernel/random.ts'
import { ChainFeed } from './outside/chainFeed.ts'
import { DiskStore } from './outside/disk.ts'
import type { Disk } from './outside/disk.ts'
import type { SimNode } from './outside/node.ts'
import type { Server } from './ports/auctioneerClient.ts'
import { SimAuctioneerNode, auctioneerClock, chainWatcher } from './ports/auctioneerPorts.ts'
import { tracingLogger } from './ports/logger.ts'
import type { Stage } from './stage.ts'

export const AUCTIONEER_OPTIONS: AuctioneerOptions = {
  maxAccountValue: satoshi(1_000_000_000),
  executionFee: { baseFee: satoshi(1), feeRatePpm: 1000n },
  buckets: new Map([2016, 4032, 8064].map((duration) => [blockCount(duration), 'open'])),
  caps: {
    orderAmount: satoshi(1_000_000_000),
    channelCapacity: satoshi(1_000_000_000),
    ordersPerAccount: 1000,
  },
  autoRenewExtension: blockCount(3024),
  expiryMargin: blockCount(144),
  upgradeTo: undefined,
  confTarget: 6,
  minFeeRate: satPerKWeight(253),
  maxFeeRate: satPerKWeight(25_000),
  chainLimits: { transactions: 20, virtualSize: 100_500 },
  intervalMs: 0,
  stepTimeoutMs: 30_000,
  quietMs: 2000,
  conflictCooldown: 1,
  silenceLimitMs: 86_400_000,
  defaultTier: 1,
  rules: DEFAULT_MATCH_RULES,
}

type FaultName = Parameters<FaultPoint['reach']>[0]

/** The auctioneer's process: started, killed and started again on one disk and one node. */
export class SimAuctioneer implements Server {
  readonly node: SimNode
  readonly disk: Disk
  readonly #stage: Stage
  readonly #options: AuctioneerOptions
  #life: Life | undefined
  #running: { readonly auctioneer: Auctioneer; readonly life: Life } | undefined
  #streams = 0
  #runs = 0
  /** Of the present process and every later one. */
  intercept: Life['intercept'] = () => undefined
  echoes: Life['echoes'] = () => false
  killAt: FaultName | undefined

  constructor(stage: Stage, node: SimNode, disk: Disk, options: Partial<AuctioneerOptions> = {}) {
    this.#stage = stage
    this.node = node
    this.disk = disk
    this.#options = { ...AUCTIONEER_OPTIONS, ...options }
  }

  get isUp(): boolean {
    return this.#life?.alive === true
  }

  get life(): Life | undefined {
    return this.#life
  }

  /** Of the running process. */
  get auctioneer(): Auctioneer {
    const running = this.current()
    if (running === undefined) throw new Error('the auctioneer is down')
    return running.auctioneer
  }

  current(): { readonly auctioneer: Auctioneer; readonly life: Life } | undefined {
    return this.#running?.life.alive === true ? this.#running : undefined
  }

  nextStream(): number {
    this.#streams += 1
    return this.#streams
  }

  boot(): void {
    if (this.isUp) return
    const life = new Life('auctioneer', this.#stage.scheduler)
    life.intercept = (what, index) => this.intercept(what, index)
    life.echoes = (what) => this.echoes(what)
    this.#life = life
    this.#runs += 1
    this.#stage.trace.add('auctioneer boots')
    this.#start(life).catch((error: unknown) => {
      this.#stage.complaints.push(`auctioneer did not start: ${error instanceof Error ? error.stack : String(error)}`)
      life.kill()
    })
  }

  kill(): void {
    if (this.isUp) this.#stage.trace.add('auctioneer is killed')
    this.#life?.kill()
  }

  async #start(life: Life): Promise<void> {
    const { scheduler, clocks, trace, witness, market, chain, complaints, seed } = this.#stage
    const node = new SimAuctioneerNode(this.node, life, witness, market)
    const random = new Random(`${seed}/auctioneer ${this.#runs}`)
    const auctioneer = await Auctioneer.open(this.#options, {
      store: new WatchedStore(new DiskStore(this.disk, life, trace), witness, chain),
      wallet: node,
      signer: node,
      chain: chainWatcher(new ChainFeed(chain, life)),
      clock: auctioneerClock(scheduler, life, () => clocks.aheadOf('auctioneer')),
      entropy: { bytes: (length) => random.bytes(length) },
      faults: this.#faults(life),
      ratings: new NodeRatings(new Map(), 1),
      logger: tracingLogger(life, trace, complaints, (line) => this.#stage.hear(line)),
    })
    await auctioneer.start()
    this.#running = { auctioneer, life }
  }

  #faults(life: Life): FaultPoint {
    return {
      reach: (point) => {
        if (point !== this.killAt) return
        this.killAt = undefined
        life.kill()
        throw new Error(`killed ${point}`)
      },
      uncertain: (error) => {
        this.#stage.complaints.push(`auctioneer ends itself: ${error instanceof Error ? error.stack : String(error)}`)
        life.kill()
      },
    }
  }
}
