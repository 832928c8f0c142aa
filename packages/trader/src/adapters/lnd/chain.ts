import { blockHeight, decodeTx, txidToBytes } from '@tidepool/crypto'
import type { BlockHeight } from '@tidepool/crypto'
import { reasonOf } from '../../core/errors.ts'
import type { Chain, ConfirmationRequest, ConfirmedSpend, ConfirmedTx, SpendRequest } from '../../ports/chain.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { LndClients } from './clients.ts'

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
      const stream = this.#lnd.chain.registerConfirmationsNtfn(
        {
          txid: txidToBytes(request.txid),
          script: request.script,
          numConfs: request.confirmations,
          heightHint: request.heightHint,
        },
        { signal },
      )
      for await (const { event } of stream) {
        if (event?.case !== 'conf') continue
        stream.cancel()
        return { tx: decodeTx(event.value.rawTx), height: blockHeight(event.value.blockHeight) }
      }
      return undefined
    })
  }

  spend(request: SpendRequest, signal: AbortSignal): Promise<ConfirmedSpend | undefined> {
    return this.#until(signal, 'spend', async () => {
      const { outpoint, script, heightHint } = request
      const stream = this.#lnd.chain.registerSpendNtfn(
        { outpoint: { hash: txidToBytes(outpoint.txid), index: outpoint.index }, script, heightHint },
        { signal },
      )
      for await (const { event } of stream) {
        if (event?.case !== 'spend') continue
        stream.cancel()
        const { rawSpendingTx, spendingHeight, spendingInputIndex: inputIndex } = event.value
        return { tx: decodeTx(rawSpendingTx), height: blockHeight(spendingHeight), inputIndex }
      }
      return undefined
    })
  }

  async *blocks(signal: AbortSignal): AsyncIterable<BlockHeight> {
    for await (const epoch of this.#lnd.chain.registerBlockEpochNtfn({}, { signal })) yield blockHeight(epoch.height)
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
