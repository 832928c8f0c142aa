import { toHex } from '@tidepool/crypto'
import { judgeChannel } from '../../core/acceptorRules.ts'
import type { ChannelAnswer, ChannelQuestion } from '../../core/acceptorRules.ts'
import type { LeasedChannel } from '../../core/channelShim.ts'
import { reasonOf } from '../../core/errors.ts'
import type { Channels } from '../../ports/channels.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'

/** Without an acceptor lnd takes ordinary channels unseen, so the gap must stay short. */
const RECONNECT_MS = 1000

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

  async run(signal: AbortSignal): Promise<void> {
    const { channels, clock, logger } = this.#modules
    while (!signal.aborted) {
      try {
        await channels.acceptChannels((question) => this.#judge(question), signal)
      } catch (error) {
        if (!signal.aborted) logger.warn('channel acceptor broke, connecting again', { reason: reasonOf(error) })
      }
      await clock.sleep(RECONNECT_MS, signal)
    }
  }

  #judge(question: ChannelQuestion): ChannelAnswer {
    const expected = this.#expected.get(toHex(question.pendingChannelId))
    const answer = judgeChannel(question, expected)
    if (!answer.accept)
      this.#modules.logger.warn('incoming channel refused', { peer: question.peer, reason: answer.reason })
    return answer
  }
}
