import { equalBytes, formatOutPoint, toHex } from '@tidepool/crypto'
import type { NodeKey, OutPoint, OutPointText, PubKey } from '@tidepool/crypto'
import type { ChannelAnswer, ChannelQuestion } from '../../src/core/acceptorRules.ts'
import type { ChannelShim } from '../../src/core/channelShim.ts'
import type { Channels, KnownChannel, OpenRequest, PeerEvent } from '../../src/ports/channels.ts'
import { backupBytes, sealBackup } from './backupBytes.ts'
import type { BackupContent } from './backupBytes.ts'

/** An lnd with the habits that matter: intents that linger and win, events without replay, backups of what it stored. */
export class FakeChannels implements Channels {
  readonly log: string[] = []
  readonly online = new Set<NodeKey>()
  readonly reachable = new Set<NodeKey>()
  readonly intents = new Map<string, ChannelShim>()
  readonly pending = new Map<OutPointText, KnownChannel>()
  readonly backups = new Map<OutPointText, BackupContent>()
  /** Changes what the next backups say. */
  backupChange: Partial<BackupContent> = {}
  /** Thrown by openChannel, after the intent was registered, as some of lnd's refusals are. */
  openFailure: Error | undefined
  /** Stops the channel from becoming pending. */
  silentOpen = false
  backupKey: PubKey | undefined
  judge: ((question: ChannelQuestion) => ChannelAnswer) | undefined
  /** How often lnd listed its peers. */
  peerLists = 0
  /** Awaited between taking a list and giving it out. */
  beforeListed: Promise<void> = Promise.resolve()
  readonly #peerListeners = new Set<Listener<PeerEvent>>()
  readonly #channelListeners = new Set<Listener<OutPoint>>()

  async connectPeer(node: NodeKey, address: string): Promise<void> {
    this.log.push(`connect ${address}`)
    if (!this.reachable.has(node)) throw new Error('connection refused')
    if (!this.online.has(node)) this.comeOnline(node)
  }

  comeOnline(node: NodeKey): void {
    this.online.add(node)
    for (const listener of this.#peerListeners) listener({ node, online: true })
  }

  goOffline(node: NodeKey): void {
    this.online.delete(node)
    for (const listener of this.#peerListeners) listener({ node, online: false })
  }

  /** What happens now, nobody hears of. */
  breakPeerEvents(): void {
    for (const listener of this.#peerListeners) listener(new Error('connection reset'))
    this.#peerListeners.clear()
  }

  /** Subscriptions to peer events that were not taken back. */
  get peerSubscriptions(): number {
    return this.#peerListeners.size
  }

  /** The same of channel events. */
  get channelSubscriptions(): number {
    return this.#channelListeners.size
  }

  async onlinePeers(): Promise<ReadonlySet<NodeKey>> {
    this.peerLists += 1
    const listed = new Set(this.online)
    await this.beforeListed
    return listed
  }

  peerEvents(signal: AbortSignal): AsyncIterable<PeerEvent> {
    return events(this.#peerListeners, signal)
  }

  async registerShim(shim: ChannelShim): Promise<'registered' | 'taken'> {
    const id = toHex(shim.pendingChannelId)
    this.log.push('register')
    if (this.intents.has(id)) return 'taken'
    this.intents.set(id, shim)
    return 'registered'
  }

  async cancelShim(pendingChannelId: Uint8Array): Promise<void> {
    this.log.push('cancel')
    this.intents.delete(toHex(pendingChannelId))
  }

  async openChannel(request: OpenRequest): Promise<OutPoint> {
    this.log.push('open')
    const id = toHex(request.shim.pendingChannelId)
    const shim = this.intents.get(id) ?? request.shim
    this.intents.set(id, shim)
    if (this.openFailure !== undefined) throw this.openFailure
    this.intents.delete(id)
    if (!this.silentOpen) this.becomePending(shim, request.peer, true, request.commitment === 'scriptEnforcedLease')
    return shim.outpoint
  }

  becomePending(shim: ChannelShim, peer: NodeKey, isInitiator: boolean, lease = true): void {
    const key = formatOutPoint(shim.outpoint)
    this.pending.set(key, { outpoint: shim.outpoint, peer, pending: true, thawHeight: 0, fundingHeight: 0 })
    this.backups.set(key, {
      version: lease ? 4 : shim.musig2 ? 5 : 3,
      isInitiator,
      outpoint: shim.outpoint,
      remoteNode: peer,
      capacity: shim.capacity,
      fundingKey: shim.localKey,
      remoteFundingKey: shim.remoteKey,
      ...(lease && { leaseExpiry: shim.thawHeight }),
      ...this.backupChange,
    })
    for (const listener of this.#channelListeners) listener(shim.outpoint)
  }

  async abandonChannel(outpoint: OutPoint): Promise<'abandoned' | 'unknown' | 'confirmed'> {
    this.log.push('abandon')
    return this.pending.delete(formatOutPoint(outpoint)) ? 'abandoned' : 'unknown'
  }

  channelsAppearing(signal: AbortSignal): AsyncIterable<OutPoint> {
    return events(this.#channelListeners, signal)
  }

  async knownChannels(): Promise<readonly KnownChannel[]> {
    const listed = [...this.pending.values()]
    await this.beforeListed
    return listed
  }

  async channelBackup(outpoint: OutPoint): Promise<Uint8Array> {
    const content = this.backups.get(formatOutPoint(outpoint))
    if (content === undefined || this.backupKey === undefined) throw new Error('unable to find target channel')
    return sealBackup(backupBytes(content), this.backupKey)
  }

  acceptChannels(judge: (question: ChannelQuestion) => ChannelAnswer, signal: AbortSignal): Promise<void> {
    this.judge = judge
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  hasIntent(id: Uint8Array): boolean {
    return [...this.intents.values()].some((shim) => equalBytes(shim.pendingChannelId, id))
  }
}

/** Hears values; an error ends what it hears from. */
type Listener<T> = (value: T | Error) => void

/** Listens from the call on, as lnd does. */
function events<T>(listeners: Set<Listener<T>>, signal: AbortSignal): AsyncIterable<T> {
  const waiting: (T | Error)[] = []
  let wake: () => void = () => undefined
  const listener = (value: T | Error): void => {
    waiting.push(value)
    wake()
  }
  const leave = (): void => {
    listeners.delete(listener)
    wake()
  }
  listeners.add(listener)
  signal.addEventListener('abort', leave, { once: true })
  return (async function* () {
    while (!signal.aborted) {
      const next = waiting.shift()
      if (next instanceof Error) throw next
      if (next === undefined) await new Promise<void>((resolve) => (wake = resolve))
      else yield next
    }
  })()
}
