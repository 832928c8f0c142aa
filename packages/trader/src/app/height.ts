import type { BlockHeight } from '@tidepool/crypto'
import type { Chain } from '../ports/chain.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { Backoff } from './backoff.ts'
import { reasonOf } from '../core/errors.ts'

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

  onBlock(listener: (height: BlockHeight) => void): void {
    this.#listeners.add(listener)
  }

  async run(signal: AbortSignal): Promise<void> {
    const { chain, clock, logger } = this.#modules
    const backoff = new Backoff({ minMs: 1000, maxMs: 30_000 }, clock)
    while (!signal.aborted) {
      try {
        for await (const height of chain.blocks(signal)) {
          backoff.reset()
          this.#seen(height)
        }
      } catch (error) {
        if (signal.aborted) return
        logger.warn('block stream broke', { reason: reasonOf(error) })
      }
      await backoff.wait(signal)
    }
  }

  #seen(height: BlockHeight): void {
    this.#best = height
    this.#firstSeen()
    for (const listener of this.#listeners) listener(height)
  }
}
