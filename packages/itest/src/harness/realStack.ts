import { join } from 'node:path'
import { nodeKey, type NodeKey, type Txid } from '@tidepool/crypto'
import { chainDaemon, startChainDaemon, type ChainDaemon } from './chain/chainDaemon.ts'
import { stackDaemons, type PinnedDaemons } from './daemonBuild.ts'
import { payToWallet } from './fundWallet.ts'
import { startFeeServer, type FeeServer } from './feeServer.ts'
import { LndNode } from './lndNode.ts'
import { freePort } from './ports.ts'
import { DEFAULT_COINS, DEFAULT_FUNDING, type Stack, type StackNode, type StackOptions } from './stack.ts'
import { logTails } from './tails.ts'
import { makeRunDir } from './tempDir.ts'
import { until } from './until.ts'

class RealNode implements StackNode {
  readonly lnd: LndNode
  readonly #height: () => Promise<number>
  #identity: { readonly key: NodeKey; readonly uri: string } | undefined

  constructor(lnd: LndNode, height: () => Promise<number>) {
    this.lnd = lnd
    this.#height = height
  }

  get name() {
    return this.lnd.name
  }
  get endpoint() {
    return this.lnd.endpoint
  }
  get rpc() {
    return this.lnd.rpc
  }
  get nodeKey() {
    return this.#known().key
  }
  get uri() {
    return this.#known().uri
  }

  async start(): Promise<void> {
    this.lnd.start()
    await this.lnd.ready(await this.#height())
    const info = await this.lnd.rpc.lightning.getInfo({})
    this.#identity = { key: nodeKey(info.identityPubkey), uri: info.uris[0] ?? '' }
  }

  stop(): Promise<void> {
    return this.lnd.stop()
  }

  kill(): Promise<void> {
    return this.lnd.kill()
  }

  #known() {
    if (this.#identity === undefined) throw new Error(`${this.name} was never started`)
    return this.#identity
  }
}

/** btcd or bitcoind, and real lnds. */
export class RealStack<Name extends string> implements Stack<Name> {
  readonly kind = 'daemons'
  readonly dir: string
  readonly logDir: string
  readonly nodes: Readonly<Record<Name, RealNode>>
  readonly fees: FeeServer
  readonly #daemon: ChainDaemon

  constructor(dir: string, daemon: ChainDaemon, fees: FeeServer, nodes: Readonly<Record<Name, RealNode>>) {
    this.dir = dir
    this.logDir = join(dir, 'logs')
    this.#daemon = daemon
    this.fees = fees
    this.nodes = nodes
  }

  get chain() {
    return this.#daemon.chain
  }

  async mine(blocks: number): Promise<number> {
    const height = await this.chain.mine(blocks)
    await this.synced()
    return height
  }

  async synced(): Promise<void> {
    const height = await this.chain.height()
    await Promise.all(this.#running().map((node) => node.lnd.ready(height)))
  }

  async fund(name: Name, sat: bigint, coins = 1): Promise<Txid> {
    const { rpc } = this.nodes[name]
    const before = await rpc.lightning.walletBalance({})
    const id = await payToWallet(this.chain, rpc, sat, coins)
    await this.mine(1)
    await until(`${name} sees its coins`, async () => {
      const after = await rpc.lightning.walletBalance({})
      return after.confirmedBalance >= before.confirmedBalance + sat
    })
    return id
  }

  async setFeeRate(satPerKw: bigint): Promise<void> {
    this.fees.set(Number(satPerKw) * 4)
    const estimates = async ({ name, rpc }: RealNode): Promise<unknown> =>
      until(`${name} estimates ${satPerKw}`, async () => {
        return (await rpc.walletKit.estimateFee({ confTarget: 6 })).satPerKw === satPerKw
      })
    await Promise.all(this.#running().map(estimates))
  }

  /** What pays less than this leaves the mempool of a bitcoind, which is full then, and is refused. */
  async fillMempool(satPerVByte: bigint): Promise<void> {
    await this.chain.fill(satPerVByte)
  }

  /** A bitcoind that starts again knows nothing of what waited for a block; more flags hold until the next start. */
  async emptyMempool(...flags: readonly string[]): Promise<void> {
    await this.#daemon.process.stop()
    this.#daemon.process.start(flags)
    await until('the chain daemon answers again', async () => (await this.chain.mempool()).length === 0)
  }

  tails(lines?: number): string {
    return logTails(this.logDir, lines)
  }

  async close(): Promise<void> {
    await Promise.all(this.#running().map((node) => node.stop()))
    await this.#daemon.process.stop()
    await this.fees.close()
  }

  #running(): readonly RealNode[] {
    return Object.values<RealNode>(this.nodes).filter((node) => node.lnd.process.running)
  }
}

/** A mempool of five million bytes, the least there is, so that tests can fill it; it ends with the process. */
const SMALL_MEMPOOL = ['-maxmempool=5', '-persistmempool=0'] as const

/** Brings up everything and funds the nodes; on failure ends what it started and shows the logs. */
export async function startRealStack<Name extends string>(options: StackOptions<Name>): Promise<RealStack<Name>> {
  const daemons = await stackDaemons(options.lnd)
  const dir = makeRunDir()
  const fees = await startFeeServer()
  const daemon = chainDaemon({
    daemons,
    dir: join(dir, 'chain'),
    logFile: join(dir, 'logs', 'chain.log'),
    rpcPort: await freePort(),
    p2pPort: await freePort(),
    bitcoindFlags: SMALL_MEMPOOL,
  })
  await startChainDaemon(daemon)
  const nodes = await makeNodes(options, { daemons, dir, daemon, feeUrl: fees.url })
  const stack = new RealStack(dir, daemon, fees, nodes)
  try {
    await Promise.all(Object.values<RealNode>(nodes).map((node) => node.start()))
    const funding = options.funding ?? DEFAULT_FUNDING
    if (funding > 0n) for (const name of options.nodes) await stack.fund(name, funding, DEFAULT_COINS)
    return stack
  } catch (error) {
    const tails = stack.tails()
    await stack.close()
    throw new Error(`the stack did not come up, logs in ${stack.logDir}\n${tails}`, { cause: error })
  }
}

interface NodeContext {
  readonly daemons: PinnedDaemons
  readonly dir: string
  readonly daemon: ChainDaemon
  readonly feeUrl: string
}

async function makeNodes<Name extends string>({ nodes: names, restPorts }: StackOptions<Name>, context: NodeContext) {
  const { daemons, dir, daemon, feeUrl } = context
  const entries: (readonly [Name, RealNode])[] = []
  for (const name of names) {
    const restPort = restPorts?.[name]
    const lnd = new LndNode({
      name,
      daemons,
      dir: join(dir, `lnd-${name}`),
      logFile: join(dir, 'logs', `lnd-${name}.log`),
      rpcPort: await freePort(),
      p2pPort: await freePort(),
      chainFlags: daemon.lndFlags,
      feeUrl,
      ...(restPort === undefined ? {} : { restPort }),
    })
    entries.push([name, new RealNode(lnd, () => daemon.chain.height())])
  }
  return Object.fromEntries(entries) as Record<Name, RealNode>
}
