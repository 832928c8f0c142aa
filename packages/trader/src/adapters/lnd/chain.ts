import { decodeTx } from '@tidepool/crypto'
import type { BlockHeight } from '@tidepool/crypto'
import { watchBlocks, watchConfirmation, watchSpend } from '@tidepool/rpc'
import type { ConfirmationEvent, LndClients, SpendEvent } from '@tidepool/rpc'
import { reasonOf } from '../../core/errors.ts'
import type { Chain, ConfirmationRequest, ConfirmedSpend, ConfirmedTx, SpendRequest } from '../../ports/chain.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'

const RETRY_MS = 2000

/** lnd's chain notifier behind the port: registers again whenever a stream breaks or ends early. */
export class LndChain implements Chain {
  readonly #lnd: LndClients
  readonly #modules: { readonly clock: Clock; readonly logger: Logger }

  constructor(lnd: LndClients, modules: { readonly clock: Clock; readonly logger: Logger }) {
    this.#lnd = lnd
    this.#modules = modules
  }

  confirmation(
    request: ConfirmationRequest,
    signal: AbortSignal,
    onReorg?: () => void,
  ): Promise<ConfirmedTx | undefined> {
    const parse = (event: ConfirmationEvent): ConfirmedTx | undefined =>
      event.kind === 'confirmed' ? { tx: decodeTx(event.transaction), height: event.height } : undefined
    const open = () => watchConfirmation(this.#lnd, request, { signal })
    return this.#first({ what: 'confirmation', open, parse, signal, onReorg })
  }

  spend(request: SpendRequest, signal: AbortSignal, onReorg?: () => void): Promise<ConfirmedSpend | undefined> {
    const parse = (event: SpendEvent): ConfirmedSpend | undefined =>
      event.kind === 'spent'
        ? { tx: decodeTx(event.transaction), height: event.height, inputIndex: event.inputIndex }
        : undefined
    return this.#first({
      what: 'spend',
      open: () => watchSpend(this.#lnd, request, { signal }),
      parse,
      signal,
      onReorg,
    })
  }

  blocks(signal: AbortSignal): AsyncIterable<BlockHeight> {
    return watchBlocks(this.#lnd, { signal })
  }

  /** The first event found; the stream stays open for a reorganisation if somebody wants to hear of it. */
  #first<E extends { readonly kind: string }, T>(watch: Watch<E, T>): Promise<T | undefined> {
    return new Promise((resolve) => {
      void this.#follow(watch, resolve).then(() => resolve(undefined))
    })
  }

  async #follow<E extends { readonly kind: string }, T>(watch: Watch<E, T>, found: (value: T) => void): Promise<void> {
    const { what, open, parse, signal, onReorg } = watch
    let seen = false
    while (!signal.aborted) {
      try {
        for await (const event of open()) {
          const value = parse(event)
          if (value !== undefined) {
            found(value)
            seen = true
            if (onReorg === undefined) return
          } else if (seen && event.kind === 'reorged') return onReorg?.()
        }
        if (seen) return
      } catch (error) {
        if (!signal.aborted) this.#modules.logger.debug('chain watch broke', { what, reason: reasonOf(error) })
      }
      await this.#modules.clock.sleep(RETRY_MS, signal)
    }
  }
}

interface Watch<E, T> {
  readonly what: string
  readonly open: () => AsyncIterable<E>
  readonly parse: (event: E) => T | undefined
  readonly signal: AbortSignal
  readonly onReorg: (() => void) | undefined
}
