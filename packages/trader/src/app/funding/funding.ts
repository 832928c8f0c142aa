import { formatOutPoint } from '@tidepool/crypto'
import type { OutPointText, Txid } from '@tidepool/crypto'
import type { ChannelInfo, PartialReject } from '@tidepool/market'
import type { Leftover } from '../../core/batch.ts'
import { BACKUP_KEY } from '../../core/channelBackup.ts'
import { CHANNEL_TIMEOUT, DUPLICATE_PEER, PEER_OFFLINE } from '../../core/channelReject.ts'
import type { FailedChannels } from '../../core/channelReject.ts'
import type { LeasedChannel } from '../../core/channelShim.ts'
import { TraderError, reasonOf } from '../../core/errors.ts'
import type { Channels } from '../../ports/channels.ts'
import { OVER } from '../../ports/clock.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Wallet } from '../../ports/wallet.ts'
import type { NodeInfo } from '../../ports/channels.ts'
import { Acceptor } from './acceptor.ts'
import { knowingBackupKey, readChannelInfo } from './channelInfos.ts'
import { cleanUp } from './cleanUp.ts'
import type { CleanUp, Wanted } from './cleanUp.ts'
import { OnlinePeers } from './onlinePeers.ts'
import { connectPeers } from './peers.ts'
import { PendingChannels } from './pendingChannels.ts'

export interface FundingOptions {
  /** Refuse matches with nodes that we have channels with. */
  readonly newNodesOnly: boolean
  /** Time for connecting and again for opening; the stock daemon's 15 s. */
  readonly stepTimeoutMs: number
}

export interface FundingModules {
  readonly channels: Channels
  readonly wallet: Pick<Wallet, 'keyAt'>
  readonly clock: Clock
  readonly logger: Logger
  readonly node: Pick<NodeInfo, 'nodeKey' | 'addresses'>
}

export type OpenedChannels = {
  readonly infos: ReadonlyMap<OutPointText, ChannelInfo>
  readonly failed: FailedChannels
}

/** Turns the matches of a batch into channels: peers and shims first, opening when the auctioneer asks for signatures. */
export class Funding {
  readonly #options: FundingOptions
  readonly #modules: FundingModules
  readonly #acceptor: Acceptor
  readonly #pending: PendingChannels
  readonly #online: OnlinePeers

  constructor(options: FundingOptions, modules: FundingModules) {
    this.#options = options
    this.#modules = { ...modules, wallet: knowingBackupKey(modules.wallet) }
    this.#acceptor = new Acceptor(modules)
    this.#pending = new PendingChannels(modules)
    this.#online = new OnlinePeers(modules)
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#modules.wallet.keyAt(BACKUP_KEY).catch(() => undefined) // asked again when it is needed
    await Promise.all([this.#acceptor.run(signal), this.#pending.run(signal), this.#online.run(signal)])
  }

  /** Before Accept: connects and registers; returns the channels that cannot be made. Those of `dropped` count as none. */
  async prepare(channels: readonly LeasedChannel[], dropped: ReadonlySet<Txid> = new Set()): Promise<FailedChannels> {
    const failed = new Map<LeasedChannel, PartialReject>(await this.#duplicates(channels, dropped))
    if (failed.size > 0) return failed
    const bids = channels.filter((channel) => channel.role === 'bidder')
    for (const channel of bids) {
      this.#acceptor.expect(channel)
      await this.#register(channel)
    }
    const wanted = this.#reachableByTorOnly() ? channels : bids
    const offline = await connectPeers(wanted, this.#options.stepTimeoutMs, { ...this.#modules, online: this.#online })
    for (const channel of wanted) {
      if (offline.has(channel.peer)) failed.set(channel, { code: 'channelFundingFailed', reason: PEER_OFFLINE })
    }
    return failed
  }

  /** At SignBegin: opens or awaits every channel, compares what lnd made with the batch, reads the infos. */
  async open(channels: readonly LeasedChannel[]): Promise<OpenedChannels> {
    const failed = new Map<LeasedChannel, PartialReject>()
    const end = new AbortController()
    const watch = this.#pending.watch(
      channels.map((channel) => channel.shim.outpoint),
      this.#options.stepTimeoutMs,
    )
    for (const channel of channels.filter(({ role }) => role === 'asker')) {
      void this.#open(channel, end.signal, failed).then(() => watch.settle(channel.shim.outpoint))
    }
    const missing = await watch.missing
    end.abort(OVER)
    const infos = new Map<OutPointText, ChannelInfo>()
    for (const channel of channels) {
      const key = formatOutPoint(channel.shim.outpoint)
      if (failed.has(channel)) continue
      if (missing.has(key)) failed.set(channel, { code: 'channelFundingFailed', reason: CHANNEL_TIMEOUT })
      else await this.#info(channel, infos, failed)
    }
    return { infos, failed }
  }

  /** The batch is final: nothing more to accept for it. */
  finished(channels: readonly LeasedChannel[]): void {
    for (const channel of channels) this.#acceptor.forget(channel)
  }

  /** Undoes a dropped batch in lnd. To be done again for channels that come later, and for what failed. */
  async cleanUp(leftover: Leftover, wanted: Wanted): Promise<CleanUp> {
    for (const channel of leftover.channels) {
      this.#acceptor.drop(channel)
      this.#pending.forget(channel.shim.outpoint)
    }
    return cleanUp(leftover, wanted, { ...this.#modules, nodeKey: this.#modules.node.nodeKey })
  }

  /** Hears of every channel that is or becomes pending. */
  onChannel(listener: (outpoint: OutPointText) => void): void {
    this.#pending.onChannel(listener)
  }

  async #duplicates(
    channels: readonly LeasedChannel[],
    dropped: ReadonlySet<Txid>,
  ): Promise<readonly (readonly [LeasedChannel, PartialReject])[]> {
    if (!this.#options.newNodesOnly || channels.length === 0) return []
    const known = (await this.#modules.channels.knownChannels()).filter(({ outpoint }) => !dropped.has(outpoint.txid))
    const peers = new Set(known.map(({ peer }) => peer))
    return channels
      .filter((channel) => peers.has(channel.peer))
      .map((channel) => [channel, { code: 'duplicatePeer', reason: DUPLICATE_PEER }] as const)
  }

  /** In place of whatever an earlier proposal of this pair left behind. */
  async #register({ shim }: LeasedChannel): Promise<void> {
    const { channels } = this.#modules
    if ((await channels.registerShim(shim)) === 'registered') return
    await channels.cancelShim(shim.pendingChannelId)
    if ((await channels.registerShim(shim)) === 'taken') throw new Error('lnd keeps a shim that it cancelled')
  }

  async #open(channel: LeasedChannel, signal: AbortSignal, failed: Map<LeasedChannel, PartialReject>): Promise<void> {
    const { channels, logger } = this.#modules
    const { peer, shim, push, commitment, unannounced, zeroConf } = channel
    try {
      await channels.cancelShim(shim.pendingChannelId)
      const outpoint = await channels.openChannel({ peer, shim, push, commitment, unannounced, zeroConf }, signal)
      const [expected, got] = [formatOutPoint(shim.outpoint), formatOutPoint(outpoint)]
      if (expected === got) return
      await channels.abandonChannel(outpoint, 'pendingOnly')
      throw new TraderError(
        { code: 'CHANNEL_MISMATCH', field: 'outpoint', expected, got },
        'lnd opened another outpoint',
      )
    } catch (error) {
      if (signal.aborted) return
      logger.warn('channel not opened', { peer, reason: reasonOf(error) })
      failed.set(channel, { code: 'channelFundingFailed', reason: reasonOf(error) })
      await channels.cancelShim(shim.pendingChannelId).catch(() => undefined)
    }
  }

  async #info(
    channel: LeasedChannel,
    infos: Map<OutPointText, ChannelInfo>,
    failed: Map<LeasedChannel, PartialReject>,
  ): Promise<void> {
    const { channels, wallet, node, logger } = this.#modules
    try {
      const info = await readChannelInfo(channel, { channels, wallet, nodeKey: node.nodeKey })
      infos.set(formatOutPoint(channel.shim.outpoint), info)
    } catch (error) {
      logger.error('channel is not the one agreed', { peer: channel.peer, reason: reasonOf(error) })
      failed.set(channel, { code: 'channelFundingFailed', reason: reasonOf(error) })
    }
  }

  #reachableByTorOnly(): boolean {
    return this.#modules.node.addresses.some((address) => address.includes('.onion:'))
  }
}
