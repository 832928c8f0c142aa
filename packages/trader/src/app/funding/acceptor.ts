import { toHex } from '@tidepool/crypto'
import { judgeChannel } from '../../core/acceptorRules.ts'
import type { ChannelAnswer, ChannelQuestion } from '../../core/acceptorRules.ts'
import type { LeasedChannel } from '../../core/channelShim.ts'
import type { Channels } from '../../ports/channels.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import { keepOpen } from '../keepOpen.ts'

/** Without an acceptor lnd takes ordinary channels unseen, so the gap must stay short. */
const RECONNECT = { minMs: 250, maxMs: 1000 }

/**
 * Answers lnd's question about every incoming channel: those of a batch are compared with what was agreed, all others
 * pass untouched. While lnd waits for an answer no other channel of the node moves (spec lnd §5.3).
 */
export class Acceptor {
  readonly #modules: { readonly channels: Channels; readonly clock: Clock; readonly logger: Logger }
  readonly #expected = new Map<string, LeasedChannel>()
  readonly #dropped = new Set<string>()

  constructor(modules: { readonly channels: Channels; readonly clock: Clock; readonly logger: Logger }) {
    this.#modules = modules
  }

  expect(channel: LeasedChannel): void {
    this.#dropped.delete(idOf(channel))
    this.#expected.set(idOf(channel), channel)
  }

  /** Its batch was given up: the maker may not know yet. */
  drop(channel: LeasedChannel): void {
    if (this.#isCurrent(channel)) this.#dropped.add(idOf(channel))
    this.forget(channel)
  }

  forget(channel: LeasedChannel): void {
    if (this.#isCurrent(channel)) this.#expected.delete(idOf(channel))
  }

  /** A newer proposal may have taken over the id of this pair of orders. */
  #isCurrent(channel: LeasedChannel): boolean {
    return this.#expected.get(idOf(channel))?.shim.outpoint.txid === channel.shim.outpoint.txid
  }

  run(signal: AbortSignal): Promise<void> {
    const use = (): Promise<void> => this.#modules.channels.acceptChannels((question) => this.#judge(question), signal)
    return keepOpen({ what: 'channel acceptor', use, ...RECONNECT }, this.#modules, signal)
  }

  #judge(question: ChannelQuestion): ChannelAnswer {
    const id = toHex(question.pendingChannelId)
    const answer: ChannelAnswer = this.#dropped.has(id)
      ? { accept: false, reason: 'the batch of this channel was given up' }
      : judgeChannel(question, this.#expected.get(id))
    if (!answer.accept) {
      this.#modules.logger.warn('incoming channel refused', { peer: question.peer, reason: answer.reason })
    }
    return answer
  }
}

const idOf = (channel: LeasedChannel): string => toHex(channel.shim.pendingChannelId)
