import { equalBytes, formatOutPoint, toHex } from '@tidepool/crypto'
import type { NodeKey, OutPoint, OutPointText, PubKey } from '@tidepool/crypto'
import type { ChannelAnswer, ChannelQuestion } from '../../src/core/acceptorRules.ts'
import type { ChannelShim } from '../../src/core/channelShim.ts'
import type { Channels, KnownChannel, OpenRequest } from '../../src/ports/channels.ts'
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
  readonly #peerListeners = new Set<(node: NodeKey) => void>()
  readonly #channelListeners = new Set<(outpoint: OutPoint) => void>()

  async connectPeer(node: NodeKey, address: string): Promise<void> {
    this.log.push(`connect ${address}`)
    if (!this.reachable.has(node)) throw new Error('connection refused')
    this.comeOnline(node)
  }

  comeOnline(node: NodeKey): void {
    this.online.add(node)
    for (const listener of this.#peerListeners) listener(node)
  }

  async onlinePeers(): Promise<ReadonlySet<NodeKey>> {
    return new Set(this.online)
  }

  peersComingOnline(signal: AbortSignal): AsyncIterable<NodeKey> {
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
    return [...this.pending.values()]
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

async function* events<T>(listeners: Set<(value: T) => void>, signal: AbortSignal): AsyncGenerator<T, undefined> {
  const waiting: T[] = []
  let wake: () => void = () => undefined
  const listener = (value: T): void => {
    waiting.push(value)
    wake()
  }
  listeners.add(listener)
  signal.addEventListener('abort', () => wake(), { once: true })
  while (!signal.aborted) {
    const next = waiting.shift()
    if (next === undefined) await new Promise<void>((resolve) => (wake = resolve))
    else yield next
  }
  listeners.delete(listener)
  return undefined
}
