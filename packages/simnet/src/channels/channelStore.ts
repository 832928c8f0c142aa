import type { Channel, ChannelPointText, ClosedChannel } from './channel.ts'

/** First alias lnd hands out: block 16,000,000. */
const FIRST_ALIAS = 16_000_000n << 40n

/** Channels of one node, kept over restarts. */
export class ChannelStore {
  private readonly channels = new Map<ChannelPointText, Channel>()
  private readonly closed = new Map<ChannelPointText, ClosedChannel>()
  private aliases = 0n

  /** lnd's outpoint index remembers abandoned channels: no outpoint is opened twice. */
  knows(point: ChannelPointText): boolean {
    return this.channels.has(point) || this.closed.has(point)
  }

  add(channel: Channel): void {
    this.channels.set(channel.point, channel)
  }

  get(point: ChannelPointText): Channel | undefined {
    return this.channels.get(point)
  }

  getClosed(point: ChannelPointText): ClosedChannel | undefined {
    return this.closed.get(point)
  }

  close(closed: ClosedChannel): void {
    this.channels.delete(closed.channel.point)
    this.closed.set(closed.channel.point, closed)
  }

  all(): readonly Channel[] {
    return [...this.channels.values()]
  }

  pending(): readonly Channel[] {
    return this.all().filter((channel) => channel.state === 'pending')
  }

  open(): readonly Channel[] {
    return this.all().filter((channel) => channel.state === 'open')
  }

  allClosed(): readonly ClosedChannel[] {
    return [...this.closed.values()]
  }

  nextAlias(): bigint {
    return FIRST_ALIAS + this.aliases++
  }
}
