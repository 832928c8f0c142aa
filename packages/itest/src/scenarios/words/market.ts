import { startAuctioneer, type AuctioneerDaemon } from '../../harness/auctioneerDaemon.ts'
import type { Stack } from '../../harness/stack.ts'
import { startTrader, type TraderDaemon } from '../../harness/traderDaemon.ts'
import { until } from '../../harness/until.ts'
import type { StatusAnswer } from './answers.ts'

export type NodeName = 'auctioneer' | 'alice' | 'bob' | 'carol'
export const NODE_NAMES = ['auctioneer', 'alice', 'bob', 'carol'] as const
export type TraderName = Exclude<NodeName, 'auctioneer'>

const MASTER_SAT = 2_000_000n
const MASTER_CONFIRMATIONS = 6

/** An auctioneer with funds of its own, beside its node, and traders beside theirs. */
export class Market {
  readonly stack: Stack<NodeName>
  readonly auctioneer: AuctioneerDaemon
  readonly #traders = new Map<TraderName, TraderDaemon>()

  constructor(stack: Stack<NodeName>, auctioneer: AuctioneerDaemon) {
    this.stack = stack
    this.auctioneer = auctioneer
  }

  /** The trader daemon beside a node, started at first use. */
  async trader(name: TraderName): Promise<TraderDaemon> {
    const known = this.#traders.get(name)
    if (known !== undefined) return known
    const { dir, logDir, nodes } = this.stack
    const trader = await startTrader({ name, dir, logDir, lnd: nodes[name].endpoint, auctioneer: this.auctioneer })
    this.#traders.set(name, trader)
    return trader
  }

  /** Lets a trader take part that somebody else has started, such as a stock one. */
  adopt(name: TraderName, trader: TraderDaemon): void {
    this.#traders.set(name, trader)
  }

  async traders<const Names extends readonly TraderName[]>(
    ...names: Names
  ): Promise<{ readonly [K in keyof Names]: TraderDaemon }> {
    const started = await Promise.all(names.map((name) => this.trader(name)))
    return started as { readonly [K in keyof Names]: TraderDaemon }
  }

  running(): readonly TraderDaemon[] {
    return [...this.#traders.values()]
  }

  /** Ends our programs; the stack belongs to whoever started it. */
  async close(): Promise<void> {
    await Promise.all(this.running().map((trader) => trader.stop()))
    await this.auctioneer.stop()
  }
}

/** With other flags. */
export async function restartAuctioneer(market: Market, ...flags: readonly string[]): Promise<void> {
  await market.auctioneer.stop()
  await startAgain(market, ...flags)
}

/** Starts the auctioneer; resolves when every trader reaches it. */
export async function startAgain(market: Market, ...flags: readonly string[]): Promise<void> {
  await market.auctioneer.start(flags)
  for (const trader of market.running()) await untilReaching(trader)
}

/** A daemon whose auctioneer was away refuses calls until its next try to reach it. */
export async function untilReaching(daemon: TraderDaemon): Promise<void> {
  const reaches = async (): Promise<boolean> => (await daemon.trader.auctionFee({})).executionFee !== undefined
  await until(`${daemon.name} reaches the auctioneer`, reaches)
}

/** Auctions run only when told, and a silent trader holds a batch up for little. */
const FLAGS = ['--auction.interval=0', '--debuglevel=debug'] as const

/** Starts the auctioneer on a stack and funds its own account. */
export async function openMarket(stack: Stack<NodeName>, flags: readonly string[] = []): Promise<Market> {
  const { dir, logDir, nodes } = stack
  const auctioneer = await startAuctioneer({
    dir,
    logDir,
    lnd: nodes.auctioneer.endpoint,
    flags: [...FLAGS, ...flags],
  })
  await auctioneer.ctl('init', `--amt=${MASTER_SAT}`)
  await stack.mine(MASTER_CONFIRMATIONS)
  await until("the auctioneer's account is confirmed", async () => {
    const status = (await auctioneer.ctl('status')) as StatusAnswer
    return status.master_account?.confirmed
  })
  return new Market(stack, auctioneer)
}
