import { equalBytes } from '@tidepool/crypto'
import type { lnrpc } from '@tidepool/rpc'
import type { Chain } from '../chain/chain.ts'
import { LndRefusal } from '../lndRefusal.ts'
import { Topic, type EventQueue } from '../util/eventQueue.ts'
import { balancesOf } from './balances.ts'
import type { Channel, ChannelPointText, ClosedChannel } from './channel.ts'
import { channelMessage, closedMessage, pendingUpdate, pointMessage } from './channelMessages.ts'
import type { ChannelStore } from './channelStore.ts'

const NO_TXID = '00'.repeat(32)
/** Blocks after which the responder forgets a channel whose funding never confirmed. */
const FUNDING_TIMEOUT = 2016

export interface AbandonFlags {
  readonly pendingFundingShimOnly: boolean
  readonly iKnowWhatIAmDoing: boolean
}

/** What happens to a node's channels once they are pending, and the events about it. Events have no backlog. */
export class ChannelLife {
  readonly events = new Topic<lnrpc.ChannelEventUpdateInit>()
  private readonly store: ChannelStore
  private readonly chain: Chain
  private readonly isOnline: (peer: string) => boolean
  private readonly openStreams = new Map<ChannelPointText, EventQueue<lnrpc.OpenStatusUpdateInit>>()

  constructor(store: ChannelStore, chain: Chain, isOnline: (peer: string) => boolean) {
    this.store = store
    this.chain = chain
    this.isOnline = isOnline
  }

  onPending(channel: Channel): void {
    this.store.add(channel)
    this.events.publish({
      type: 'PENDING_OPEN_CHANNEL',
      channel: { case: 'pendingOpenChannel', value: pendingUpdate(channel) },
    })
    if (channel.zeroConf) setImmediate(() => this.openUp(channel))
  }

  /** Tells an OpenChannel stream when its channel is usable. */
  follow(channel: Channel, queue: EventQueue<lnrpc.OpenStatusUpdateInit>): void {
    this.openStreams.set(channel.point, queue)
  }

  /** Looks at the chain again: after each block and at start. */
  sync(): void {
    for (const channel of this.store.all()) {
      this.noteConfirmation(channel)
      if (channel.state === 'open') continue
      const depth = channel.confirmed === undefined ? 0 : this.chain.height - channel.confirmed.height + 1
      if (depth >= channel.depth && channel.confirmed !== undefined) this.openUp(channel)
      else if (this.isTimedOut(channel)) this.forget(channel)
    }
  }

  onPeer(pubkey: string, online: boolean): void {
    for (const channel of this.store.open()) {
      if (channel.peer !== pubkey || channel.active === online) continue
      channel.active = online
      this.publishActivity(channel)
      if (online) this.finishOpenStream(channel)
    }
  }

  /** @throws LndRefusal in lnd's words */
  abandon(point: ChannelPointText, flags: AbandonFlags): void {
    if (!flags.pendingFundingShimOnly && !flags.iKnowWhatIAmDoing) {
      throw new LndRefusal('AbandonChannel RPC call only available in dev builds')
    }
    const gone = this.store.getClosed(point)
    if (gone !== undefined) return this.publishClosed(gone)
    const channel = this.store.get(point)
    if (channel === undefined) throw new LndRefusal('unable to find closed channel summary')
    const shimPending = channel.state === 'pending' && channel.thawHeight > 0
    if (!flags.iKnowWhatIAmDoing && !shimPending) {
      throw new LndRefusal(`channel ${point} is not externally funded or not pending`)
    }
    this.close(channel, 'ABANDONED', NO_TXID, true)
  }

  /** Ends all streams, as a stopping node does. */
  shutDown(error: Error): void {
    this.events.close(error)
    for (const queue of this.openStreams.values()) queue.fail(error)
    for (const channel of this.store.all()) channel.active = false
  }

  close(channel: Channel, closeType: ClosedChannel['closeType'], closingTxid: string, closedByUs: boolean): void {
    const settledBalance = balancesOf(channel).local
    const closeHeight = this.chain.height
    const closed = { channel, closeType, closeHeight, closingTxid, settledBalance, closedByUs }
    this.store.close(closed)
    this.openStreams.get(channel.point)?.end()
    this.openStreams.delete(channel.point)
    this.publishClosed(closed)
  }

  private noteConfirmation(channel: Channel): void {
    const mined = this.chain.ledger.transaction(channel.txid)
    const out = mined?.tx.outs[channel.index]
    const matches = out !== undefined && out.value === channel.capacity && equalBytes(out.script, channel.fundingScript)
    // An output that is not what was agreed never opens the channel.
    channel.confirmed = matches && mined !== undefined ? { height: mined.height, position: mined.position } : undefined
  }

  private openUp(channel: Channel): void {
    if (this.store.get(channel.point) === undefined) return
    channel.state = 'open'
    channel.active = this.isOnline(channel.peer)
    const message = channelMessage(channel)
    this.events.publish({ type: 'OPEN_CHANNEL', channel: { case: 'openChannel', value: message } })
    if (!channel.active) return
    this.publishActivity(channel)
    this.finishOpenStream(channel)
  }

  /** lnd looks for the peer's channel_ready once a second, so this comes after the events. */
  private finishOpenStream(channel: Channel): void {
    const queue = this.openStreams.get(channel.point)
    if (queue === undefined) return
    this.openStreams.delete(channel.point)
    setTimeout(() => {
      const value = { channelPoint: pointMessage(channel) }
      queue.push({ update: { case: 'chanOpen', value }, pendingChanId: Buffer.from(channel.pendingId, 'hex') })
      queue.end()
    }, 50).unref()
  }

  private publishActivity(channel: Channel): void {
    const value = pointMessage(channel)
    if (channel.active) this.events.publish({ type: 'ACTIVE_CHANNEL', channel: { case: 'activeChannel', value } })
    else this.events.publish({ type: 'INACTIVE_CHANNEL', channel: { case: 'inactiveChannel', value } })
  }

  private publishClosed(closed: ClosedChannel): void {
    this.events.publish({
      type: 'CLOSED_CHANNEL',
      channel: { case: 'closedChannel', value: closedMessage(closed) },
    })
  }

  private isTimedOut(channel: Channel): boolean {
    const waited = this.chain.height - channel.broadcastHeight
    return !channel.initiator && channel.confirmed === undefined && waited >= FUNDING_TIMEOUT
  }

  private forget(channel: Channel): void {
    const value = pointMessage(channel)
    this.events.publish({ type: 'CHANNEL_FUNDING_TIMEOUT', channel: { case: 'channelFundingTimeout', value } })
    this.close(channel, 'FUNDING_CANCELED', NO_TXID, false)
  }
}
