import type { NodeKey, Txid } from '@tidepool/crypto'
import type { Chain } from './chain/chain.ts'
import type { LndClients, LndEndpoint } from './lndNode.ts'
import type { LndRelease } from './daemonBuild.ts'
import { settings } from './settings.ts'

/** A Lightning node as scenarios see it: real or simulated. */
export interface StackNode {
  readonly name: string
  readonly endpoint: LndEndpoint
  /** Clients of the running node; after a restart ask again. */
  readonly rpc: LndClients
  readonly nodeKey: NodeKey
  /** key@host:port */
  readonly uri: string
  stop(): Promise<void>
  /** As a power cut does. */
  kill(): Promise<void>
  /** Starts it again; resolves when it serves and knows the tip. */
  start(): Promise<void>
}

/** A chain and some nodes. Scenarios use nothing else of either kind, so they run on both. */
export interface Stack<Name extends string = string> {
  readonly kind: 'daemons' | 'simnet'
  /** Holds everything the run writes; `logs` below it has one file per process. */
  readonly dir: string
  readonly logDir: string
  readonly chain: Chain
  readonly nodes: Readonly<Record<Name, StackNode>>
  /** Resolves when every running node knows the new tip. */
  mine(blocks: number): Promise<number>
  /** What every node estimates from now on, in sat per 1000 weight. */
  setFeeRate(satPerKw: bigint): Promise<void>
  /** Confirmed coins for a node's wallet, in as many outputs as asked for. */
  fund(node: Name, sat: bigint, coins?: number): Promise<Txid>
  /** Waits until every running node knows the tip. */
  synced(): Promise<void>
  /** The last lines of every log, for a test that failed. */
  tails(lines?: number): string
  /** Ends every process. */
  close(): Promise<void>
}

export interface StackOptions<Name extends string> {
  readonly nodes: readonly Name[]
  /** Coins each node starts with; default 5 BTC in five coins, 0 for none. */
  readonly funding?: bigint
  /** Which lnd real nodes are; default what `TIDEPOOL_LND` says, else the pinned one. */
  readonly lnd?: LndRelease
  /** Ports for lnd's REST interface, on real nodes only. */
  readonly restPorts?: Readonly<Partial<Record<Name, number>>>
}

export const DEFAULT_FUNDING = BigInt(settings.funding.sat)
export const DEFAULT_COINS = settings.funding.coins
