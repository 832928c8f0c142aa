import { toHex } from '@tidepool/crypto'
import { STATUS, type lnrpc } from '@tidepool/rpc'
import type { Chain } from '../chain/chain.ts'
import { Acceptors } from '../channels/acceptors.ts'
import type { Channel } from '../channels/channel.ts'
import { ChannelLife } from '../channels/channelLife.ts'
import type { ChannelStore } from '../channels/channelStore.ts'
import type { FundingNode } from '../channels/fundingNode.ts'
import { Intents } from '../channels/intents.ts'
import { Opener } from '../channels/opener.ts'
import { Responder } from '../channels/responder.ts'
import type { KeyRing } from '../keys/keyRing.ts'
import { LndRefusal } from '../lndRefusal.ts'
import { Notifier } from '../notifier/notifier.ts'
import { MuSig2Sessions } from '../signer/musig2Sessions.ts'
import { Topic } from '../util/eventQueue.ts'
import { OneAtATime } from '../util/oneAtATime.ts'
import type { Faults } from './faults.ts'
import type { NodeState } from './nodeState.ts'

const ANCHOR_RESERVE = 10_000n
const MAX_RESERVE = 100_000n

/** A started node: everything here is lost when it stops, as in lnd. */
export class RunningNode implements FundingNode {
  readonly state: NodeState
  readonly pubkey: string
  readonly intents = new Intents()
  readonly acceptors: Acceptors
  readonly queue = new OneAtATime()
  readonly musig2: MuSig2Sessions
  readonly notifier: Notifier
  readonly life: ChannelLife
  readonly opener: Opener
  readonly responder: Responder
  readonly peerEvents = new Topic<lnrpc.PeerEventInit>()
  private readonly findNode: (pubkey: string) => RunningNode | undefined
  private readonly cutOff = new Map<string, Set<(error: unknown) => void>>()
  private readonly stopListening: () => void

  constructor(state: NodeState, findNode: (pubkey: string) => RunningNode | undefined) {
    this.state = state
    this.findNode = findNode
    this.pubkey = toHex(state.ring.nodeKey)
    this.acceptors = new Acceptors(state.options.acceptorTimeoutMs)
    this.musig2 = new MuSig2Sessions(state.ring)
    this.notifier = new Notifier(this.chain, state.hints)
    this.life = new ChannelLife(state.channels, this.chain, (peer) => this.isConnected(peer))
    this.opener = new Opener(this)
    this.responder = new Responder(this)
    this.stopListening = this.chain.onChange(() => this.life.sync())
  }

  get ring(): KeyRing {
    return this.state.ring
  }

  get store(): ChannelStore {
    return this.state.channels
  }

  get chain(): Chain {
    return this.state.options.chain
  }

  get depth(): number {
    return this.state.options.depth
  }

  get faults(): Faults {
    return this.state.faults
  }

  /** Catches up with the chain and reconnects the peers it has channels with. */
  resume(): void {
    this.life.sync()
    const peers = new Set(this.store.all().map((channel) => channel.peer))
    for (const peer of peers) this.state.options.network.reconnect(this.pubkey, peer)
  }

  shutDown(): void {
    const gone = new LndRefusal('transport is closing', STATUS.UNAVAILABLE)
    this.stopListening()
    this.state.options.network.disconnectAll(this.pubkey)
    this.notifier.close(gone)
    this.life.shutDown(gone)
    this.peerEvents.close(gone)
  }

  height(): number {
    return this.chain.height
  }

  isSynced(): boolean {
    return !this.faults.notSynced
  }

  isConnected(peer: string): boolean {
    return this.state.options.network.connected(this.pubkey, peer)
  }

  onPeer(peer: string, online: boolean): void {
    this.peerEvents.publish({ pubKey: peer, type: online ? 'PEER_ONLINE' : 'PEER_OFFLINE' })
    this.life.onPeer(peer, online)
    if (online) return
    const waiting = this.cutOff.get(peer)
    this.cutOff.delete(peer)
    for (const reject of waiting ?? []) reject(new LndRefusal('peer disconnected'))
  }

  onPending(channel: Channel): void {
    this.life.onPending(channel)
  }

  peer(pubkey: string): Responder | undefined {
    return this.isConnected(pubkey) ? this.findNode(pubkey)?.responder : undefined
  }

  async whileConnected<T>(peer: string, work: Promise<T>): Promise<T> {
    const waiting = this.cutOff.get(peer) ?? new Set()
    this.cutOff.set(peer, waiting)
    let reject: (error: unknown) => void = () => undefined
    const cut = new Promise<never>((_, fail) => {
      reject = fail
    })
    waiting.add(reject)
    try {
      return await Promise.race([work, cut])
    } finally {
      waiting.delete(reject)
    }
  }

  /** What must stay in the wallet to bump the closings of public anchor channels. */
  requiredReserve(additional = 0): bigint {
    const publicChannels = this.store.all().filter((channel) => !channel.private && channel.type !== 'SIMPLE_TAPROOT')
    const wanted = ANCHOR_RESERVE * BigInt(publicChannels.length + additional)
    return wanted > MAX_RESERVE ? MAX_RESERVE : wanted
  }

  missingReserve(publicChannels: number): bigint {
    const held = this.state.wallet.allCoins().reduce((sum, coin) => sum + coin.value, 0n)
    const missing = this.requiredReserve(publicChannels) - held
    return missing > 0n ? missing : 0n
  }

  cheating(): Faults['funding'] {
    return this.faults.funding
  }
}
