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

  constructor(modules: { readonly channels: Channels; readonly clock: Clock; readonly logger: Logger }) {
    this.#modules = modules
  }

  expect(channel: LeasedChannel): void {
    this.#expected.set(toHex(channel.shim.pendingChannelId), channel)
  }

  forget(channel: LeasedChannel): void {
    const id = toHex(channel.shim.pendingChannelId)
    // A newer proposal may have taken over the id of this pair of orders.
    if (this.#expected.get(id)?.shim.outpoint.txid === channel.shim.outpoint.txid) this.#expected.delete(id)
  }

  run(signal: AbortSignal): Promise<void> {
    const use = (): Promise<void> => this.#modules.channels.acceptChannels((question) => this.#judge(question), signal)
    return keepOpen({ what: 'channel acceptor', use, ...RECONNECT }, this.#modules, signal)
  }

  #judge(question: ChannelQuestion): ChannelAnswer {
    const expected = this.#expected.get(toHex(question.pendingChannelId))
    const answer = judgeChannel(question, expected)
    if (!answer.accept)
      this.#modules.logger.warn('incoming channel refused', { peer: question.peer, reason: answer.reason })
    return answer
  }
}
