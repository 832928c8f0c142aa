import {
  createClient,
  services,
  type chainrpc,
  type Client,
  type lnrpc,
  type signrpc,
  type verrpc,
  type walletrpc,
} from '@tidepool/rpc'
import { beforeAll } from 'vitest'
import type { Chain } from '../harness/chain/chain.ts'
import { DEFAULT_COINS, DEFAULT_FUNDING, type Stack, type StackNode } from '../harness/stack.ts'
import { useStack } from '../harness/useStack.ts'

/** Every service of a node that our daemons use. */
export interface Lnd {
  readonly node: StackNode
  readonly state: Client<lnrpc.State_Service>
  readonly version: Client<verrpc.Versioner_Service>
  readonly lightning: Client<lnrpc.Lightning_Service>
  readonly walletKit: Client<walletrpc.WalletKit_Service>
  readonly signer: Client<signrpc.Signer_Service>
  readonly notifier: Client<chainrpc.ChainNotifier_Service>
  readonly chainKit: Client<chainrpc.ChainKit_Service>
}

type Names = 'maker' | 'taker' | 'poor'

/** Three nodes on one chain, real or simulated: all that the assertions may use. */
export interface Contract {
  readonly stack: Stack<Names>
  readonly chain: Chain
  /** Opens channels, stands in for the auctioneer. */
  readonly maker: Lnd
  /** Accepts channels, stands in for the trader. */
  readonly taker: Lnd
  /** Has no coins. */
  readonly poor: Lnd
}

function clientsOf(node: StackNode): Lnd {
  const { channel } = node.rpc
  return {
    node,
    state: createClient(services.lnrpc.State, channel),
    version: createClient(services.verrpc.Versioner, channel),
    lightning: createClient(services.lnrpc.Lightning, channel),
    walletKit: createClient(services.walletrpc.WalletKit, channel),
    signer: createClient(services.signrpc.Signer, channel),
    notifier: createClient(services.chainrpc.ChainNotifier, channel),
    chainKit: createClient(services.chainrpc.ChainKit, channel),
  }
}

/** The nodes of one test file. Clients are made anew on each use, because a restarted node has another connection. */
export function useContract(kind: Stack['kind']): () => Contract {
  const stack = useStack<Names>(kind, { nodes: ['maker', 'taker', 'poor'], funding: 0n })
  beforeAll(async () => {
    for (const name of ['maker', 'taker'] as const) await stack().fund(name, DEFAULT_FUNDING, DEFAULT_COINS)
  }, 120_000)
  return () => {
    const { nodes, chain } = stack()
    return {
      stack: stack(),
      chain,
      maker: clientsOf(nodes.maker),
      taker: clientsOf(nodes.taker),
      poor: clientsOf(nodes.poor),
    }
  }
}
