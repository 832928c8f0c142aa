import { Chain, type ReorgOptions } from './chain/chain.ts'
import { FAUCET_SCRIPT, payFromFaucet } from './chain/faucet.ts'
import { SimnetError } from './simnetError.ts'
import { HEALTHY, type Faults } from './node/faults.ts'
import { NodeServer, type OnUnexpected } from './node/nodeServer.ts'
import { NodeState } from './node/nodeState.ts'
import { PeerNetwork } from './node/peers.ts'

export interface SimnetOptions {
  readonly nodes: readonly string[]
  /** Seconds since 1970; default the wall clock. Only block times, leases and macaroons see it. */
  readonly now?: () => number
  /** Fee estimate in sat per 1000 weight. Default 2500, what our stacks pin real lnds to. */
  readonly feeRate?: bigint
  /** Confirmations channels need. Default 3. */
  readonly confirmations?: number
  /** Default 15 s, as lnd. */
  readonly acceptorTimeoutMs?: number
  readonly onUnexpected?: OnUnexpected
}

const FIRST_HEIGHT = 120
const FIRST_PEER_PORT = 19_735
const FUND_CONFIRMATIONS = 1

/** The embedded regtest: one chain, and nodes that serve the lnd API on it. */
export class Simnet {
  readonly chain: Chain
  private readonly nodes = new Map<string, NodeServer>()
  private readonly byPubkey = new Map<string, NodeServer>()

  constructor(options: SimnetOptions) {
    const now = options.now ?? (() => Math.floor(Date.now() / 1000))
    this.chain = new Chain({ now, payTo: FAUCET_SCRIPT })
    this.chain.mine(FIRST_HEIGHT)
    const network = new PeerNetwork()
    for (const [i, name] of options.nodes.entries()) {
      const state = new NodeState({
        name,
        chain: this.chain,
        network,
        host: `127.0.0.1:${FIRST_PEER_PORT + i}`,
        now,
        feeRate: options.feeRate ?? 2500n,
        depth: options.confirmations ?? 3,
        acceptorTimeoutMs: options.acceptorTimeoutMs ?? 15_000,
      })
      const findNode = (pubkey: string) => this.byPubkey.get(pubkey)?.running
      const node = new NodeServer(state, findNode, options.onUnexpected ?? (() => undefined))
      this.nodes.set(name, node)
      this.byPubkey.set(node.pubkey, node)
    }
  }

  names(): readonly string[] {
    return [...this.nodes.keys()]
  }

  /** @throws SimnetError NO_SUCH_NODE */
  node(name: string): NodeServer {
    const node = this.nodes.get(name)
    if (node === undefined) throw new SimnetError({ code: 'NO_SUCH_NODE', name }, `there is no node ${name}`)
    return node
  }

  async start(): Promise<void> {
    for (const node of this.nodes.values()) await node.start()
  }

  async stop(): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.stop()))
  }

  mine(blocks: number): readonly string[] {
    return this.chain.mine(blocks).map((block) => block.hash)
  }

  reorg(depth: number, options?: ReorgOptions): void {
    this.chain.reorg(depth, options)
  }

  /** Confirmed coins for a node's wallet; mines. @throws SimnetError NO_SUCH_NODE, ChainError FAUCET_EMPTY */
  fund(name: string, sat: bigint, coins = 1): string {
    const { book } = this.node(name).state.wallet
    const count = BigInt(Math.max(coins, 1))
    const outputs = Array.from({ length: Number(count) }, (_, i) => ({
      script: book.next('p2wkh').script,
      value: sat / count + (i === 0 ? sat % count : 0n),
    }))
    const tx = payFromFaucet(this.chain, outputs)
    this.chain.mine(FUND_CONFIRMATIONS)
    return tx.getId()
  }

  async stopNode(name: string): Promise<void> {
    await this.node(name).stop()
  }

  async startNode(name: string, faults: Faults = HEALTHY): Promise<void> {
    const node = this.node(name)
    node.state.faults = faults
    await node.start()
  }
}

/** A running simnet. */
export async function startSimnet(options: SimnetOptions): Promise<Simnet> {
  const simnet = new Simnet(options)
  await simnet.start()
  return simnet
}
