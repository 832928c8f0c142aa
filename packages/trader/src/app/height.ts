import type { BlockHeight } from '@tidepool/crypto'
import type { Chain } from '../ports/chain.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { keepOpen } from './keepOpen.ts'

/** Follows the best height; reconnects for ever. */
export class HeightWatch {
  readonly #modules: { readonly chain: Chain; readonly clock: Clock; readonly logger: Logger }
  readonly #listeners = new Set<(height: BlockHeight) => void>()
  #best: BlockHeight | undefined
  #firstSeen: () => void = () => undefined
  readonly #first: Promise<void>

  constructor(modules: { readonly chain: Chain; readonly clock: Clock; readonly logger: Logger }) {
    this.#modules = modules
    this.#first = new Promise((resolve) => {
      this.#firstSeen = resolve
    })
  }

  /** Best height seen; call after `ready`. */
  get best(): BlockHeight {
    if (this.#best === undefined) throw new Error('no block seen yet: wait for ready()')
    return this.#best
  }

  ready(): Promise<void> {
    return this.#first
  }

  /** Whether the chain grew by so many blocks before the signal. */
  passed(blocks: number, signal: AbortSignal): Promise<boolean> {
    const goal = this.best + blocks
    return new Promise((resolve) => {
      const end = (reached: boolean): void => {
        this.#listeners.delete(seen)
        signal.removeEventListener('abort', aborted)
        resolve(reached)
      }
      const seen = (height: BlockHeight): void => {
        if (height >= goal) end(true)
      }
      const aborted = (): void => end(false)
      this.#listeners.add(seen)
      if (signal.aborted) aborted()
      else signal.addEventListener('abort', aborted, { once: true })
    })
  }

  onBlock(listener: (height: BlockHeight) => void): void {
    this.#listeners.add(listener)
  }

  run(signal: AbortSignal): Promise<void> {
    const use = async (): Promise<void> => {
      for await (const height of this.#modules.chain.blocks(signal)) this.#seen(height)
    }
    return keepOpen({ what: 'blocks', use, minMs: 1000, maxMs: 10_000 }, this.#modules, signal)
  }

  #seen(height: BlockHeight): void {
    this.#best = height
    this.#firstSeen()
    for (const listener of this.#listeners) listener(height)
  }
}
