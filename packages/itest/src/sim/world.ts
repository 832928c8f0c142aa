import { pubKey, satPerKWeight } from '@tidepool/crypto'
import type { PubKey } from '@tidepool/crypto'
import { ACCOUNT_KEY_LOCATOR } from '@tidepool/auctioneer'
import type { AuctioneerOptions, RunRecord } from '@tidepool/auctioneer'
import { FAUCET_SCRIPT, payFromFaucet } from '@tidepool/simnet'
import { Chain } from '@tidepool/simnet'
import type { ScriptCheck } from '@tidepool/simnet'
import { isSound, standingOf } from './checks/isSound.ts'
import { StockEars } from './checks/stockEars.ts'
import { Witness } from './checks/witness.ts'
import { Clocks } from './kernel/clocks.ts'
import { Scheduler } from './kernel/scheduler.ts'
import { Trace } from './kernel/trace.ts'
import { Disk } from './outside/disk.ts'
import { LightningNetwork } from './outside/lightning.ts'
import { SimNode } from './outside/node.ts'
import type { Postman } from './ports/stream.ts'
import { SimAuctioneer } from './simAuctioneer.ts'
import { SimTrader } from './simTrader.ts'
import type { Stage } from './stage.ts'

/** What outlives every process: enough to begin many worlds from one. */
export interface Past {
  readonly chain: Chain
  readonly nodes: readonly SimNode[]
  readonly disks: readonly Disk[]
}

export interface WorldOptions {
  readonly seed: string
  /** Judges scripts in place of the interpreter. */
  readonly checkScripts?: ScriptCheck
  readonly auctioneer?: Partial<AuctioneerOptions>
}

/** Enough to fund the auctioneer and to reach coinbase maturity. */
const FIRST_BLOCKS = 104
const AUCTION_LIMIT_MS = 3_600_000

/** One auctioneer and some traders, real but for what lies outside of them, in virtual time. */
export class World {
  readonly stage: Stage
  readonly auctioneer: SimAuctioneer
  readonly traders: ReadonlyMap<string, SimTrader>
  /** What becomes of each message. */
  arrives: Postman['arrives'] = (_, letter) => ({ letter })
  /** Hears what streams end over. */
  refused: Postman['refused'] = () => undefined
  /** What becomes of each answer to a trader's call. */
  answers: Postman['answers'] = (_, __, answer) => answer

  readonly #everMined = new Set<string>()

  private constructor(
    options: WorldOptions,
    chainFor: (options: ConstructorParameters<typeof Chain>[0]) => Chain,
    past: NodesAndDisks,
  ) {
    const { seed } = options
    const trace = new Trace()
    const scheduler = new Scheduler(seed, trace)
    const now = (): number => Math.floor(scheduler.now / 1000)
    const { checkScripts } = options
    const chain = chainFor({ now, payTo: FAUCET_SCRIPT, ...(checkScripts === undefined ? {} : { checkScripts }) })
    const network = new LightningNetwork(scheduler, chain)
    chain.onChange(({ connected }) => {
      for (const tx of connected.flatMap(({ transactions }) => transactions)) this.#everMined.add(tx.getId())
    })
    const witness = new Witness()
    const ears = this.#ears(witness)
    const postman = this.#postman(witness, ears)
    const market = { feeRate: satPerKWeight(253) }
    this.stage = {
      seed,
      scheduler,
      clocks: new Clocks(),
      trace,
      witness,
      ears,
      chain,
      network,
      market,
      complaints: [],
      hear: () => undefined,
      postman,
      streams: new Set(),
    }
    const [first, ...others] = past(chain)
    if (first === undefined) throw new Error('a world needs an auctioneer')
    this.auctioneer = new SimAuctioneer(this.stage, first.node, first.disk, options.auctioneer)
    this.traders = new Map(
      others.map(({ node, disk }) => [node.name, new SimTrader(this.stage, this.auctioneer, network.join(node), disk)]),
    )
  }

  /** An empty world with money in every wallet. */
  static fresh(options: WorldOptions, traders: readonly string[]): World {
    const names = ['auctioneer', ...traders]
    const world = new World(
      options,
      (chain) => new Chain(chain),
      (chain) => names.map((name) => ({ node: new SimNode(name, chain, options.seed), disk: new Disk() })),
    )
    const { chain } = world.stage
    chain.mine(FIRST_BLOCKS)
    for (const node of world.#nodes()) {
      payFromFaucet(
        chain,
        [1, 2, 3].map(() => ({ script: node.wallet.book.next('p2wkh').script, value: 40_000_000n })),
      )
      chain.mine(1)
    }
    return world
  }

  /** A world that goes on from where another was, in its own way. */
  static from(past: Past, options: WorldOptions): World {
    return new World(
      options,
      (chain) => past.chain.fork(chain),
      (chain) =>
        past.nodes.map((node, i) => ({
          node: node.fork(chain, options.seed),
          disk: past.disks[i]?.fork() ?? new Disk(),
        })),
    )
  }

  /** Ends all processes. */
  past(): Past {
    this.auctioneer.kill()
    for (const trader of this.traders.values()) trader.kill()
    const disks = [this.auctioneer.disk, ...[...this.traders.values()].map(({ disk }) => disk)]
    return { chain: this.stage.chain, nodes: this.#nodes(), disks }
  }

  /** Base key of all accounts. */
  get auctioneerKey(): PubKey {
    return pubKey(this.auctioneer.node.keys.publicKey(ACCOUNT_KEY_LOCATOR))
  }

  trader(name: string): SimTrader {
    const trader = this.traders.get(name)
    if (trader === undefined) throw new Error(`there is no trader ${name}`)
    return trader
  }

  boot(): void {
    this.auctioneer.boot()
    for (const trader of this.traders.values()) trader.boot()
  }

  /** Runs the world until the work is done. @throws when that takes too long */
  async finish<T>(work: Promise<T>, limitMs = AUCTION_LIMIT_MS): Promise<T> {
    let settled = false
    const done = (): void => {
      settled = true
    }
    work.then(done, done)
    if (!(await this.stage.scheduler.until(() => settled, limitMs))) throw new Error('the work did not end in time')
    return work
  }

  /** @throws when it does not come true in time */
  async until(what: string, done: () => boolean, limitMs = AUCTION_LIMIT_MS): Promise<void> {
    if (!(await this.stage.scheduler.until(done, limitMs)))
      throw new Error(`it did not come true: ${what}\n  ${this.story()}`)
  }

  /** Blocks, each after everything that the one before set off. */
  async mine(blocks: number): Promise<void> {
    for (let i = 0; i < blocks; i++) {
      this.stage.chain.mine(1)
      await this.stage.scheduler.drain()
    }
  }

  /** One auction; undefined when the auctioneer was killed in it. */
  async auction(): Promise<RunRecord | undefined> {
    const { life } = this.auctioneer
    const work = this.auctioneer.auctioneer.auction.runNow()
    let record: RunRecord | undefined
    work.then(
      (ended) => (record = ended),
      () => undefined,
    )
    await this.until('the auction ended', () => record !== undefined || life?.alive !== true)
    return record
  }

  /** For failed tests: the seed, what the daemons complained of, and how it ended. */
  story(): string {
    const { seed, complaints, trace } = this.stage
    return [`seed ${seed}`, ...complaints, ...trace.tail(60)].join('\n  ')
  }

  #ears(witness: Witness): StockEars {
    const ledgerOf = (name: string) => this.trader(name).current()?.ledger
    return new StockEars({
      note: (violation) => witness.note(violation),
      nodeKeyOf: (name) => this.trader(name).node.key,
      knowsOrder: (name, nonce) => ledgerOf(name)?.orders.has(nonce) ?? true,
      versionOf: (name, key) => ledgerOf(name)?.accounts.get(key)?.version,
      isUnconfirmedBatch: (txid) => {
        const batches = this.auctioneer.current()?.auctioneer.ledger.unconfirmedBatches.values() ?? []
        // A stock daemon takes a batch over when it is in a block; a reorganisation later changes nothing in that.
        return [...batches].some((batch) => batch.txid === txid) && !this.#everMined.has(txid)
      },
    })
  }

  #postman(witness: Witness, ears: StockEars): Postman {
    return {
      sent: (name, message, stream) => {
        ears.sent(name, stream, message)
        if (message.kind !== 'accept') return
        witness.accepted(name, message.batchId, (proposal, cameAt) =>
          isSound(this.trader(name).trader, proposal, cameAt),
        )
      },
      told: (name, message, stream) => ears.told(name, stream, message),
      meddled: (stream) => ears.meddled(stream),
      ended: (name, stream, why) => ears.ended(name, stream, why),
      arrives: (trader, letter, stream) => this.arrives(trader, letter, stream),
      refused: (trader, error) => this.refused(trader, error),
      answers: (trader, call, answer) => this.answers(trader, call, answer),
      got: (name, message) => {
        if (message.kind !== 'prepare') return
        witness.proposed(name, message.proposal, standingOf(this.trader(name).trader))
      },
    }
  }

  #nodes(): readonly SimNode[] {
    return [this.auctioneer.node, ...[...this.traders.values()].map(({ node }) => node.node)]
  }
}

type NodesAndDisks = (chain: Chain) => readonly { readonly node: SimNode; readonly disk: Disk }[]
