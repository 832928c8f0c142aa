import { blockHeight } from '@tidepool/crypto'
import type { BlockHeight, Txid } from '@tidepool/crypto'
import type { Chain } from '@tidepool/trader'
import type { RecordedChain } from '../recordedChain.ts'

/** The chain as the trader watches it. */
export function chainOf(chain: RecordedChain): Chain {
  const wait = <T>(signal: AbortSignal, find: () => T | undefined): Promise<T | undefined> =>
    new Promise((resolve) => {
      const end = (found: T | undefined): void => {
        stop()
        resolve(found)
      }
      const look = (): void => {
        const found = find()
        if (found !== undefined) end(found)
      }
      const stop = chain.onBlock(look)
      signal.addEventListener('abort', () => end(undefined), { once: true })
      look()
    })
  return {
    confirmation: ({ txid, confirmations }, signal) => wait(signal, () => found(chain, txid, confirmations)),
    spend: ({ outpoint }, signal) =>
      wait(signal, () => {
        const spend = chain.spender(outpoint)
        return spend && { tx: spend.transaction, height: spend.height, inputIndex: spend.inputIndex }
      }),
    blocks: (signal) => heights(chain, signal),
  }
}

function found(chain: RecordedChain, id: Txid, confirmations: number) {
  const block = chain.confirmed(id, confirmations)
  return block && { tx: block.transaction, height: block.height }
}

async function* heights(chain: RecordedChain, signal: AbortSignal): AsyncGenerator<BlockHeight, void> {
  let wake = (): void => undefined
  const stop = chain.onBlock(() => wake())
  signal.addEventListener('abort', () => wake(), { once: true })
  try {
    for (let told = -1; !signal.aborted;) {
      if (chain.height !== told) {
        told = chain.height
        yield blockHeight(told)
      } else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    stop()
  }
}
