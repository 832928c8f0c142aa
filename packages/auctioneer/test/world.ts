import { blockCount, satoshi, satPerKWeight } from '@tidepool/crypto'
import { DEFAULT_MATCH_RULES } from '@tidepool/market'
import { openStore } from '@tidepool/store'
import type { Store } from '@tidepool/store'
import { TableStore } from '../src/adapters/store/auctioneerStore.ts'
import { Auctioneer } from '../src/app/auctioneer.ts'
import type { AuctioneerOptions } from '../src/app/options.ts'
import { NodeRatings } from '../src/app/ratings.ts'
import type { RunRecord } from '../src/core/records.ts'
import { checkBatchHere } from '../src/ports/signatures.ts'
import type { BatchSignatureChecker } from '../src/ports/signatures.ts'
import type { FaultPoint } from '../src/ports/system.ts'
import { FakeChain, FakeClock, FakeLnd, SeededEntropy, recordingLogger, settle } from './fakeWorld.ts'
import { ScriptedTrader } from './scriptedTrader.ts'

export const OPTIONS: AuctioneerOptions = {
  maxAccountValue: satoshi(1_000_000_000),
  executionFee: { baseFee: satoshi(1), feeRatePpm: 1000n },
  buckets: new Map([
    [blockCount(2016), 'open'],
    [blockCount(4032), 'acceptingOrders'],
    [blockCount(1008), 'closed'],
  ]),
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
  intervalMs: 600_000,
  stepTimeoutMs: 30_000,
  quietMs: 0,
  conflictCooldown: 1,
  silenceLimitMs: 86_400_000,
  defaultTier: 1,
  rules: DEFAULT_MATCH_RULES,
}

/** One auctioneer on fakes for everything outside it. A crash and a start keep store, chain and lnd. */
export class World {
  readonly chain = new FakeChain()
  readonly clock = new FakeClock()
  readonly entropy = new SeededEntropy('world')
  readonly lnd = new FakeLnd('auctioneer', this.chain, this.entropy)
  readonly complaints: string[] = []
  readonly traders = new Map<string, ScriptedTrader>()
  faults: FaultPoint = { reach: () => {}, uncertain: () => {} }
  batchSignatures: BatchSignatureChecker = checkBatchHere
  readonly #store: Store
  readonly #options: AuctioneerOptions
  #auctioneer: Auctioneer | undefined

  private constructor(store: Store, options: AuctioneerOptions) {
    this.#store = store
    this.#options = options
  }

  static async start(options: Partial<AuctioneerOptions> = {}): Promise<World> {
    const world = new World(await openStore({ engine: 'memory' }), { ...OPTIONS, ...options })
    await world.boot()
    return world
  }

  get auctioneer(): Auctioneer {
    if (this.#auctioneer === undefined) throw new Error('the auctioneer is down')
    return this.#auctioneer
  }

  async boot(): Promise<void> {
    this.#auctioneer = await Auctioneer.open(this.#options, {
      store: new TableStore(this.#store),
      wallet: this.lnd,
      signer: this.lnd,
      chain: this.chain,
      clock: this.clock,
      entropy: this.entropy,
      faults: {
        reach: (point) => this.faults.reach(point),
        uncertain: (error) => this.faults.uncertain(error),
      },
      ratings: new NodeRatings(new Map(), 1),
      batchSignatures: {
        expect: (accounts) => this.batchSignatures.expect(accounts),
        partial: (job, among) => this.batchSignatures.partial(job, among),
        combined: (signature, among) => this.batchSignatures.combined(signature, among),
      },
      logger: recordingLogger(this.complaints),
    })
    await this.#auctioneer.start()
    await settle()
  }

  /** The process is gone; streams are cut. */
  crash(): void {
    this.#auctioneer = undefined
    this.chain.unwatched()
    for (const trader of this.traders.values()) trader.session = undefined
  }

  async fundMaster(): Promise<void> {
    await this.auctioneer.master.init(1_000_000n, undefined)
    await this.mine(1)
  }

  async mine(blocks: number): Promise<void> {
    for (let i = 0; i < blocks; i++) {
      this.chain.mine()
      await settle(5)
    }
  }

  trader(name: string): ScriptedTrader {
    const known = this.traders.get(name)
    if (known !== undefined) return known
    const trader = new ScriptedTrader(name, () => this.auctioneer, this.chain)
    this.traders.set(name, trader)
    return trader
  }

  /** Traders with open, subscribed accounts. */
  async openTraders(...specs: readonly (readonly [string, 0 | 1 | 2])[]): Promise<readonly ScriptedTrader[]> {
    const traders = specs.map(([name]) => this.trader(name))
    for (const [name, version] of specs) await this.trader(name).openAccount(5_000_000, version)
    await this.mine(6)
    for (const trader of traders) await trader.connect()
    return traders
  }

  /** Starts an auction and lets it run until it ends or waits for time to pass. */
  async auction(): Promise<RunRecord> {
    const run = this.auctioneer.auction.runNow()
    await settle()
    return run
  }
}
