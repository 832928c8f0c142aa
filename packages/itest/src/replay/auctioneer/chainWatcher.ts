import { encodeTx, equalBytes } from '@tidepool/crypto'
import type { ChainWatcher } from '@tidepool/auctioneer'
import type { RecordedChain } from '../recordedChain.ts'

/** The chain as the auctioneer watches it. */
export function watcherOf(chain: RecordedChain): ChainWatcher {
  const watch = (found: () => boolean): { cancel(): void } => {
    let end = (): void => undefined
    const look = (): void => {
      if (found()) end()
    }
    const stop = chain.onBlock(look)
    let live = true
    end = () => {
      live = false
      stop()
    }
    queueMicrotask(() => {
      if (live) look()
    })
    return { cancel: end }
  }
  return {
    bestHeight: () => chain.height,
    onBlock: (handler) => ({ cancel: chain.onBlock(() => handler(chain.height)) }),
    watchConfirmation: ({ txid, script, confirmations }, handler) =>
      watch(() => {
        const found = chain.confirmed(txid, confirmations)
        if (!found?.transaction.outputs.some((output) => equalBytes(output.script, script))) return false
        handler.confirmed({ transaction: encodeTx(found.transaction, { witness: true }), height: found.height })
        return true
      }),
    watchSpend: ({ outpoint }, handler) =>
      watch(() => {
        const found = chain.spender(outpoint)
        if (found === undefined) return false
        const { transaction, inputIndex, height } = found
        handler.spent({ transaction: encodeTx(transaction, { witness: true }), inputIndex, height })
        return true
      }),
  }
}
