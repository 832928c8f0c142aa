import { equalBytes, formatOutPoint, fromHex, toHex } from '@tidepool/crypto'
import type { NodeKey, OutPoint, OutPointText } from '@tidepool/crypto'
import type { Chain, Channel } from '@tidepool/simnet'
import type { ChannelAnswer, ChannelQuestion, ChannelShim, OpenRequest, PeerEvent } from '@tidepool/trader'
import type { Scheduler } from '../kernel/scheduler.ts'
import { channelOf, typeOf } from './channels.ts'
import type { SimNode } from './node.ts'

/** What a node gets wrong. */
export type NodeFault = 'offline' | 'refusesShims' | 'refusesToOpen' | 'stallsOpening' | 'tellsWrongBackup'

const CONFIRMATIONS = 3

/** Peers, shims and channels of one node. */
export class LightningNode {
  readonly node: SimNode
  readonly faults = new Set<NodeFault>()
  readonly online = new Set<NodeKey>()
  readonly shims = new Map<string, ChannelShim>()
  readonly channels = new Map<OutPointText, Channel>()
  /** lnd takes no outpoint twice, abandoned ones included. */
  readonly forgotten = new Set<OutPointText>()
  readonly channelListeners = new Set<(outpoint: OutPoint) => void>()
  readonly peerListeners = new Set<(event: PeerEvent) => void>()
  judge: ((question: ChannelQuestion) => Promise<ChannelAnswer>) | undefined

  constructor(node: SimNode) {
    this.node = node
  }

  get key(): NodeKey {
    return this.node.key
  }

  add(channel: Channel, outpoint: OutPoint): void {
    this.channels.set(formatOutPoint(outpoint), channel)
    this.shims.delete(channel.pendingId)
    for (const listener of this.channelListeners) listener(outpoint)
  }

  meet(peer: NodeKey): void {
    if (this.online.has(peer)) return
    this.online.add(peer)
    for (const listener of this.peerListeners) listener({ node: peer, online: true })
  }

  lose(peer: NodeKey): void {
    if (!this.online.delete(peer)) return
    for (const listener of this.peerListeners) listener({ node: peer, online: false })
  }
}

/** Nodes that open channels with each other, step by step. Only funding: no payment is ever made. */
export class LightningNetwork {
  readonly #scheduler: Scheduler
  readonly #chain: Chain
  readonly #nodes = new Map<NodeKey, LightningNode>()

  constructor(scheduler: Scheduler, chain: Chain) {
    this.#scheduler = scheduler
    this.#chain = chain
    chain.onChange(() => this.#confirm())
  }

  join(node: SimNode): LightningNode {
    const joined = new LightningNode(node)
    this.#nodes.set(joined.key, joined)
    return joined
  }

  connect(from: LightningNode, peer: NodeKey): void {
    const other = this.#nodes.get(peer)
    if (other === undefined || other.faults.has('offline') || from.faults.has('offline'))
      throw new Error('dial timeout')
    from.meet(peer)
    other.meet(from.key)
  }

  cutOff(node: LightningNode): void {
    node.faults.add('offline')
    for (const peer of node.online) {
      this.#nodes.get(peer)?.lose(node.key)
      node.lose(peer)
    }
  }

  /** As lnd: a shim left behind under the same id is used instead of the new one. */
  async open(from: LightningNode, request: OpenRequest): Promise<OutPoint> {
    if (from.faults.has('refusesToOpen')) throw new Error('not enough witness outputs to create funding transaction')
    if (from.faults.has('stallsOpening')) return new Promise(() => undefined)
    const peer = this.#nodes.get(request.peer)
    if (peer === undefined || !from.online.has(request.peer)) throw new Error(`peer ${request.peer} is not online`)
    const id = toHex(request.shim.pendingChannelId)
    const shim = from.shims.get(id) ?? request.shim
    from.shims.set(id, shim)
    const point = formatOutPoint(shim.outpoint)
    if (from.channels.has(point) || from.forgotten.has(point)) throw new Error(`channel ${point} exists already`)
    const theirs = await this.#offer(from, peer, request, shim)
    const [ours, other] = this.#channels(from, peer, request, { ours: shim, theirs })
    await this.#step(`${peer.node.name} signs channel ${point.slice(0, 8)}`, () => peer.add(other, shim.outpoint))
    await this.#step(`${from.node.name} signs channel ${point.slice(0, 8)}`, () => from.add(ours, shim.outpoint))
    return shim.outpoint
  }

  /** The opener's first message, and what the peer says to it. */
  async #offer(
    from: LightningNode,
    peer: LightningNode,
    request: OpenRequest,
    shim: ChannelShim,
  ): Promise<ChannelShim> {
    await this.#step(`${from.node.name} offers a channel to ${peer.node.name}`, () => undefined)
    const answer = await peer.judge?.(questionOf(from, request, shim))
    if (answer?.accept === false) throw new Error(`received funding error: ${answer.reason}`)
    if (answer === undefined && request.zeroConf) throw new Error('no acceptor for a zero-conf channel')
    const theirs = peer.shims.get(toHex(shim.pendingChannelId))
    if (theirs === undefined) throw new Error('received funding error: no shim is registered')
    if (theirs.remoteKey !== shim.localKey.key || theirs.localKey.key !== shim.remoteKey) {
      throw new Error('received funding error: commitment signature is invalid')
    }
    if (typeOf(request) === 'SCRIPT_ENFORCED_LEASE' && theirs.thawHeight !== shim.thawHeight) {
      throw new Error('received funding error: lease expiry mismatch')
    }
    return theirs
  }

  #channels(
    from: LightningNode,
    peer: LightningNode,
    request: OpenRequest,
    shims: { readonly ours: ChannelShim; readonly theirs: ChannelShim },
  ): readonly [Channel, Channel] {
    return channelOf(request, shims, { from: from.node, peer: peer.node, height: this.#chain.height })
  }

  #step(what: string, run: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.post(what, () => {
        run()
        resolve()
      })
    })
  }

  #confirm(): void {
    for (const node of this.#nodes.values()) {
      for (const channel of node.channels.values()) this.#look(channel)
    }
  }

  #look(channel: Channel): void {
    const mined = this.#chain.ledger.transaction(channel.txid)
    const out = mined?.tx.outs[channel.index]
    if (mined === undefined || out === undefined) return
    if (out.value !== channel.capacity || !equalBytes(out.script, channel.fundingScript)) return
    channel.confirmed = { height: mined.height, position: mined.position }
    if (this.#chain.height - mined.height + 1 >= CONFIRMATIONS) channel.state = 'open'
  }
}

function questionOf(from: LightningNode, request: OpenRequest, shim: ChannelShim): ChannelQuestion {
  const commitment = request.commitment === 'unspecified' ? 'anchors' : request.commitment
  return {
    pendingChannelId: fromHex(toHex(shim.pendingChannelId)),
    peer: from.key,
    fundingAmount: shim.capacity,
    pushMsat: request.push * 1000n,
    commitment,
    announced: !request.unannounced,
    wantsZeroConf: request.zeroConf,
  }
}
