import { blockHeight } from '@tidepool/crypto'
import type { BlockHeight } from '@tidepool/crypto'
import type { Chain, ConfirmationRequest, ConfirmedSpend, ConfirmedTx, SpendRequest } from '../../src/ports/chain.ts'

interface Watch<R, T> {
  readonly request: R
  readonly signal: AbortSignal
  readonly fire: (value: T | undefined) => void
  /** A reorganisation undoes it. */
  readonly undo: (() => void) | undefined
}

/** A chain that moves when the test says so. */
export class FakeChain implements Chain {
  readonly confirmations: Watch<ConfirmationRequest, ConfirmedTx>[] = []
  readonly spends: Watch<SpendRequest, ConfirmedSpend>[] = []
  #height: BlockHeight
  readonly #listeners = new Set<(height: BlockHeight) => void>()

  constructor(height = 120) {
    this.#height = blockHeight(height)
  }

  confirmation(request: ConfirmationRequest, signal: AbortSignal, onReorg?: () => void) {
    return watch(this.confirmations, request, signal, onReorg)
  }

  spend(request: SpendRequest, signal: AbortSignal, onReorg?: () => void) {
    return watch(this.spends, request, signal, onReorg)
  }

  async *blocks(signal: AbortSignal): AsyncIterable<BlockHeight> {
    const waiting: BlockHeight[] = [this.#height]
    let wake: () => void = () => undefined
    const listener = (height: BlockHeight): void => {
      waiting.push(height)
      wake()
    }
    this.#listeners.add(listener)
    signal.addEventListener('abort', () => wake(), { once: true })
    while (!signal.aborted) {
      const next = waiting.shift()
      if (next === undefined) await new Promise<void>((resolve) => (wake = resolve))
      else yield next
    }
  }

  reach(height: number): void {
    this.#height = blockHeight(height)
    for (const listener of this.#listeners) listener(this.#height)
  }

  /** The watch that is still alive. */
  liveSpends(): readonly Watch<SpendRequest, ConfirmedSpend>[] {
    return this.spends.filter(({ signal }) => !signal.aborted)
  }

  liveConfirmations(): readonly Watch<ConfirmationRequest, ConfirmedTx>[] {
    return this.confirmations.filter(({ signal }) => !signal.aborted)
  }
}

function watch<R, T>(list: Watch<R, T>[], request: R, signal: AbortSignal, undo?: () => void): Promise<T | undefined> {
  return new Promise((resolve) => {
    list.push({ request, signal, fire: resolve, undo })
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
