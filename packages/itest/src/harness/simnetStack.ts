import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeKey, txid, type Txid } from '@tidepool/crypto'
import { createClient, openChannel, services, type Channel, type Client, type tidepool } from '@tidepool/rpc'
import { SimnetChain } from './chain/simnetChain.ts'
import { lndClients, type LndClients, type LndEndpoint } from './lndNode.ts'
import { programs } from './paths.ts'
import { ManagedProcess } from './process.ts'
import { DEFAULT_COINS, DEFAULT_FUNDING, type Stack, type StackNode, type StackOptions } from './stack.ts'
import { logTails } from './tails.ts'
import { makeRunDir } from './tempDir.ts'
import { until } from './until.ts'

/** What simnetd writes when it serves. */
interface SimnetFile {
  readonly control: { readonly address: string; readonly tlsCert?: string }
  readonly nodes: Readonly<Record<string, LndEndpoint & { readonly pubkey: string; readonly uri: string }>>
}

type Control = Client<tidepool.Simnet_Service>

class SimnetNode implements StackNode {
  readonly name: string
  readonly endpoint: LndEndpoint
  readonly nodeKey
  readonly uri: string
  running = true
  readonly #control: Control
  #clients: LndClients | undefined

  constructor(name: string, entry: LndEndpoint & { readonly pubkey: string; readonly uri: string }, control: Control) {
    this.name = name
    this.endpoint = entry
    this.nodeKey = nodeKey(entry.pubkey)
    this.uri = entry.uri
    this.#control = control
  }

  get rpc(): LndClients {
    this.#clients ??= lndClients(this.endpoint)
    return this.#clients
  }

  async stop(): Promise<void> {
    this.running = false
    this.disconnect()
    await this.#control.stopNode({ node: this.name })
  }

  kill(): Promise<void> {
    return this.stop()
  }

  async start(): Promise<void> {
    await this.#control.startNode({ node: this.name })
    this.running = true
    await until(`${this.name} serves`, async () => (await this.rpc.lightning.getInfo({})).syncedToChain)
  }

  disconnect(): void {
    this.#clients?.channel.close()
    this.#clients = undefined
  }
}

/** The simulator as one process. */
class SimnetStack<Name extends string> implements Stack<Name> {
  readonly kind = 'simnet'
  readonly dir: string
  readonly logDir: string
  readonly chain: SimnetChain
  readonly nodes: Readonly<Record<Name, SimnetNode>>
  /** Fault hooks and whatever else only the simulator can do. */
  readonly control: Control
  readonly #process: ManagedProcess
  readonly #channel: Channel

  constructor(dir: string, simulator: ManagedProcess, file: SimnetFile, names: readonly Name[]) {
    this.dir = dir
    this.logDir = join(dir, 'logs')
    this.#process = simulator
    const { address, tlsCert } = file.control
    const tls = tlsCert === undefined ? ({ kind: 'insecure' } as const) : ({ kind: 'ca', pem: pem(tlsCert) } as const)
    this.#channel = openChannel({ address, tls })
    this.control = createClient(services.tidepool.Simnet, this.#channel)
    this.chain = new SimnetChain(this.control)
    this.nodes = Object.fromEntries(
      names.map((name) => {
        const entry = file.nodes[name]
        if (entry === undefined) throw new Error(`simnetd has no node ${name}`)
        return [name, new SimnetNode(name, entry, this.control)]
      }),
    ) as Record<Name, SimnetNode>
  }

  async mine(blocks: number): Promise<number> {
    const height = await this.chain.mine(blocks)
    await this.synced()
    return height
  }

  async synced(): Promise<void> {
    const height = await this.chain.height()
    const running = Object.values<SimnetNode>(this.nodes).filter((node) => node.running)
    const knows = (node: SimnetNode) => async () => {
      const info = await node.rpc.lightning.getInfo({})
      return info.syncedToChain && info.blockHeight >= height
    }
    await Promise.all(running.map((node) => until(`${node.name} at height ${height}`, knows(node), { pauseMs: 20 })))
  }

  async fund(name: Name, sat: bigint, coins = 1): Promise<Txid> {
    const { txid: id } = await this.control.fund({ node: name, sat, coins })
    await this.synced()
    return txid(id)
  }

  async setFeeRate(satPerKw: bigint): Promise<void> {
    await this.control.setFeeRate({ satPerKw })
  }

  tails(lines?: number): string {
    return logTails(this.logDir, lines)
  }

  async close(): Promise<void> {
    for (const node of Object.values<SimnetNode>(this.nodes)) node.disconnect()
    this.#channel.close()
    await this.#process.stop()
  }
}

const pem = (textOrPath: string): string | Buffer =>
  textOrPath.includes('BEGIN CERTIFICATE') ? textOrPath : readFileSync(textOrPath)

/** The stack with what only the simulator can do. */
export type Simnet<Name extends string = string> = SimnetStack<Name>

export async function startSimnetStack<Name extends string>(options: StackOptions<Name>): Promise<Simnet<Name>> {
  const dir = makeRunDir()
  const file = join(dir, 'simnet.json')
  const simulator = new ManagedProcess({
    name: 'simnetd',
    command: process.execPath,
    args: [programs.simnetd, '--nodes', options.nodes.join(','), '--dir', dir],
    logFile: join(dir, 'logs', 'simnetd.log'),
  })
  simulator.start()
  await until('simnetd serves', () => existsSync(file) || simulator.assertRunning())
  const described = await until('simnet.json', () => JSON.parse(readFileSync(file, 'utf8')) as SimnetFile)
  const stack = new SimnetStack(dir, simulator, described, options.nodes)
  const funding = options.funding ?? DEFAULT_FUNDING
  if (funding > 0n) for (const name of options.nodes) await stack.fund(name, funding, DEFAULT_COINS)
  return stack
}
