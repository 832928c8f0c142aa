import { formatOutPoint } from '@tidepool/crypto'
import type { OutPoint, OutPointText } from '@tidepool/crypto'
import type { Channels } from '../../ports/channels.ts'
import { OVER } from '../../ports/clock.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import { keepOpen } from '../keepOpen.ts'

const RECONNECT = { minMs: 250, maxMs: 2000 }
/** Wait for an event before lnd is asked for a list, in case the stream of events broke without a sign. */
const LIST_AFTER_MS = 2000
const MOST_HEARD_OF = 10_000

export interface PendingWatch {
  /** Stops waiting for one: it is known to be pending, or to have failed. */
  settle(outpoint: OutPoint): void
  /** Those still missing at the end. */
  readonly missing: Promise<ReadonlySet<OutPointText>>
}

/**
 * Tells when channels become pending, or have become so before anyone asked. Events have no replay, so every connection
 * lists what it may have missed.
 */
export class PendingChannels {
  readonly #modules: { readonly channels: Channels; readonly clock: Clock; readonly logger: Logger }
  readonly #listeners = new Set<(outpoint: OutPointText) => void>()
  readonly #heardOf = new Set<OutPointText>()

  constructor(modules: { readonly channels: Channels; readonly clock: Clock; readonly logger: Logger }) {
    this.#modules = modules
  }

  run(signal: AbortSignal): Promise<void> {
    return keepOpen({ what: 'channel events', use: () => this.#use(signal), ...RECONNECT }, this.#modules, signal)
  }

  /** Hears of every channel that is or becomes pending. */
  onChannel(listener: (outpoint: OutPointText) => void): void {
    this.#listeners.add(listener)
  }

  /** It is to be abandoned. */
  forget(outpoint: OutPoint): void {
    this.#heardOf.delete(formatOutPoint(outpoint))
  }

  /** Watches for channels becoming pending, until all are, or are settled otherwise, or the time is over. */
  watch(outpoints: readonly OutPoint[], timeoutMs: number): PendingWatch {
    const missing = new Set(outpoints.map(formatOutPoint))
    const end = new AbortController()
    const settle = (outpoint: OutPointText): void => {
      missing.delete(outpoint)
      if (missing.size === 0) end.abort(OVER)
    }
    return {
      settle: (outpoint) => settle(formatOutPoint(outpoint)),
      missing: this.#wait(missing, settle, timeoutMs, end),
    }
  }

  async #wait(
    missing: ReadonlySet<OutPointText>,
    settle: (outpoint: OutPointText) => void,
    timeoutMs: number,
    end: AbortController,
  ): Promise<ReadonlySet<OutPointText>> {
    const { clock } = this.#modules
    this.#listeners.add(settle)
    for (const outpoint of missing) if (this.#heardOf.has(outpoint)) settle(outpoint)
    try {
      if (missing.size === 0) return missing
      void clock.sleep(LIST_AFTER_MS, end.signal).then(() => (missing.size > 0 ? this.#listQuietly() : undefined))
      await clock.sleep(timeoutMs, end.signal)
    } finally {
      this.#listeners.delete(settle)
    }
    return missing
  }

  async #use(signal: AbortSignal): Promise<void> {
    const end = new AbortController()
    try {
      const appearing = this.#modules.channels.channelsAppearing(AbortSignal.any([signal, end.signal]))
      await this.#announceKnown()
      for await (const outpoint of appearing) this.#announce(outpoint)
    } finally {
      end.abort(OVER)
    }
  }

  async #announceKnown(): Promise<void> {
    for (const channel of await this.#modules.channels.knownChannels()) this.#announce(channel.outpoint)
  }

  async #listQuietly(): Promise<void> {
    await this.#announceKnown().catch(() => undefined)
  }

  #announce(outpoint: OutPoint): void {
    const text = formatOutPoint(outpoint)
    if (this.#heardOf.size >= MOST_HEARD_OF) this.#heardOf.clear()
    this.#heardOf.add(text)
    for (const listener of this.#listeners) listener(text)
  }
}
