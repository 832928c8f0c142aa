import type { Chain } from '../chain/chain.ts'
import { ChannelStore } from '../channels/channelStore.ts'
import { KeyRing } from '../keys/keyRing.ts'
import { HintCache } from '../notifier/hintCache.ts'
import { Wallet } from '../wallet/wallet.ts'
import { HEALTHY, type Faults } from './faults.ts'
import type { PeerNetwork } from './peers.ts'

export interface NodeOptions {
  readonly name: string
  readonly chain: Chain
  readonly network: PeerNetwork
  /** host:port other nodes reach it at; nothing listens there. */
  readonly host: string
  /** Seconds since 1970. */
  readonly now: () => number
  /** What EstimateFee answers at first, in sat per 1000 weight, for every target. */
  readonly feeRate: bigint
  /** Confirmations the node asks of channels. */
  readonly depth: number
  readonly acceptorTimeoutMs: number
}

/** What a node keeps over restarts: keys, coins, channels, leases, labels. */
export class NodeState {
  readonly options: NodeOptions
  readonly ring: KeyRing
  readonly wallet: Wallet
  readonly channels = new ChannelStore()
  readonly hints = new HintCache()
  faults: Faults = HEALTHY
  feeRate: bigint

  constructor(options: NodeOptions) {
    this.options = options
    this.feeRate = options.feeRate
    this.ring = KeyRing.forName(options.name)
    this.ring.open()
    this.wallet = new Wallet(this.ring, options.chain, options.now)
  }
}
