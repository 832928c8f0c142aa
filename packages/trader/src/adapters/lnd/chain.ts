import { decodeTx } from '@tidepool/crypto'
import type { BlockHeight } from '@tidepool/crypto'
import { watchBlocks, watchConfirmation, watchSpend } from '@tidepool/rpc'
import type { LndClients } from '@tidepool/rpc'
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

  confirmation(request: ConfirmationRequest, signal: AbortSignal): Promise<ConfirmedTx | undefined> {
    return this.#until(signal, 'confirmation', async () => {
      for await (const event of watchConfirmation(this.#lnd, request, { signal })) {
        if (event.kind === 'confirmed') return { tx: decodeTx(event.transaction), height: event.height }
      }
      return undefined
    })
  }

  spend(request: SpendRequest, signal: AbortSignal): Promise<ConfirmedSpend | undefined> {
    return this.#until(signal, 'spend', async () => {
      for await (const event of watchSpend(this.#lnd, request, { signal })) {
        if (event.kind !== 'spent') continue
        return { tx: decodeTx(event.transaction), height: event.height, inputIndex: event.inputIndex }
      }
      return undefined
    })
  }

  blocks(signal: AbortSignal): AsyncIterable<BlockHeight> {
    return watchBlocks(this.#lnd, { signal })
  }

  async #until<T>(signal: AbortSignal, what: string, attempt: () => Promise<T | undefined>): Promise<T | undefined> {
    while (!signal.aborted) {
      try {
        const found = await attempt()
        if (found !== undefined) return found
      } catch (error) {
        if (!signal.aborted) this.#modules.logger.debug('chain watch broke', { what, reason: reasonOf(error) })
      }
      await this.#modules.clock.sleep(RETRY_MS, signal)
    }
    return undefined
  }
}
