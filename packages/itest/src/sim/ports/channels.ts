import { formatOutPoint, nodeKey, parseOutPoint, toHex } from '@tidepool/crypto'
import type { NodeKey, OutPoint } from '@tidepool/crypto'
import { exportBackup } from '@tidepool/simnet'
import type * as trader from '@tidepool/trader'
import { inboxUntil, type Inbox } from '../kernel/inbox.ts'
import type { Life } from '../kernel/life.ts'
import type { LightningNetwork, LightningNode } from '../outside/lightning.ts'

const HOST = '127.0.0.1:9735'

/** A node's peers and channels, for the daemon beside it. */
export class SimChannels implements trader.Channels {
  readonly #node: LightningNode
  readonly #network: LightningNetwork
  readonly #life: Life

  constructor(node: LightningNode, network: LightningNetwork, life: Life) {
    this.#node = node
    this.#network = network
    this.#life = life
  }

  connectPeer(node: NodeKey): Promise<void> {
    return this.#life.call('connectPeer', () => this.#network.connect(this.#node, node))
  }

  onlinePeers(): Promise<ReadonlySet<NodeKey>> {
    return this.#life.call('onlinePeers', () => new Set(this.#node.online))
  }

  peerEvents(signal: AbortSignal): AsyncIterable<trader.PeerEvent> {
    return this.#events('peer', this.#node.peerListeners, signal)
  }

  registerShim(shim: trader.ChannelShim): Promise<'registered' | 'taken'> {
    return this.#life.call('registerShim', () => {
      const { shims, faults } = this.#node
      const id = toHex(shim.pendingChannelId)
      if (faults.has('refusesShims')) throw new Error('the wallet is locked')
      if (shims.has(id)) return 'taken'
      shims.set(id, shim)
      return 'registered'
    })
  }

  cancelShim(pendingChannelId: Uint8Array): Promise<void> {
    return this.#life.call('cancelShim', () => {
      this.#node.shims.delete(toHex(pendingChannelId))
    })
  }

  openChannel(request: trader.OpenRequest, signal: AbortSignal): Promise<OutPoint> {
    const opened = this.#life.call('openChannel', () => this.#network.open(this.#node, request))
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('canceled')), { once: true })
      opened.then(resolve, reject)
    })
  }

  abandonChannel(outpoint: OutPoint, even: 'pendingOnly' | 'zeroConf'): Promise<'abandoned' | 'unknown' | 'confirmed'> {
    return this.#life.call('abandonChannel', () => {
      const point = formatOutPoint(outpoint)
      const { channels, forgotten } = this.#node
      const channel = channels.get(point)
      if (channel === undefined) return forgotten.has(point) ? 'abandoned' : 'unknown'
      if (channel.state === 'open' && even === 'pendingOnly') return 'confirmed'
      channels.delete(point)
      forgotten.add(point)
      return 'abandoned'
    })
  }

  channelsAppearing(signal: AbortSignal): AsyncIterable<OutPoint> {
    return this.#events('channel', this.#node.channelListeners, signal)
  }

  knownChannels(): Promise<readonly trader.KnownChannel[]> {
    return this.#life.call('knownChannels', () =>
      [...this.#node.channels.values()].map((channel) => ({
        outpoint: parseOutPoint(channel.point),
        peer: nodeKey(channel.peer),
        pending: channel.state === 'pending',
        thawHeight: channel.state === 'pending' ? 0 : channel.thawHeight,
        fundingHeight: channel.confirmed?.height ?? 0,
      })),
    )
  }

  channelBackup(outpoint: OutPoint): Promise<Uint8Array> {
    return this.#life.call('channelBackup', () => {
      const channel = this.#node.channels.get(formatOutPoint(outpoint))
      if (channel === undefined) throw new Error('unable to find closed channel summary')
      const capacity = channel.capacity - (this.#node.faults.has('tellsWrongBackup') ? 100_000n : 0n)
      return exportBackup(this.#node.node.keys, { ...channel, capacity }, HOST)
    })
  }

  acceptChannels(
    judge: (question: trader.ChannelQuestion) => trader.ChannelAnswer,
    signal: AbortSignal,
  ): Promise<void> {
    const ask = (question: trader.ChannelQuestion): Promise<trader.ChannelAnswer> =>
      this.#life.call('judges a channel', () => judge(question))
    this.#node.judge = ask
    const leave = (): void => {
      if (this.#node.judge === ask) this.#node.judge = undefined
    }
    this.#life.onKill(leave)
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => (leave(), resolve()), { once: true })
    })
  }

  #events<T>(what: string, listeners: Set<(value: T) => void>, signal: AbortSignal): AsyncIterable<T> {
    const inbox: Inbox<T> = inboxUntil<T>(signal)
    const listener = (value: T): void => this.#life.deliver(`hears ${what}`, () => inbox.push(value), `hears ${what}`)
    listeners.add(listener)
    const leave = (): boolean => listeners.delete(listener)
    this.#life.onKill(leave)
    signal.addEventListener('abort', leave, { once: true })
    return inbox
  }
}
