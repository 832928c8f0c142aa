import { blockHeight } from '@tidepool/crypto'
import type { BlockHeight } from '@tidepool/crypto'
import { watchBlocks, watchConfirmation, watchSpend, type LndClients } from '@tidepool/rpc'
import type { ChainWatcher, Watch } from '../../ports/chain.ts'
import type { Logger } from '../../ports/system.ts'

const RETRY_MS = 2_000
/** Made once: the reason that `abort` makes itself costs more than ending the stream. */
const CANCELLED = new Error('nobody watches any more')

type ConfirmationRequest = Parameters<ChainWatcher['watchConfirmation']>[0]
type ConfirmationHandler = Parameters<ChainWatcher['watchConfirmation']>[1]
type SpendRequest = Parameters<ChainWatcher['watchSpend']>[0]
type SpendHandler = Parameters<ChainWatcher['watchSpend']>[1]

/** lnd's chain notifications. A stream that breaks is opened again; lnd then repeats what happened meanwhile. */
export class LndChain implements ChainWatcher {
  readonly #lnd: LndClients
  readonly #logger: Logger
  readonly #handlers = new Set<(height: BlockHeight) => void>()
  readonly #watches = new Set<AbortController>()
  #height: BlockHeight

  constructor(lnd: LndClients, logger: Logger, height: number) {
    this.#lnd = lnd
    this.#logger = logger
    this.#height = blockHeight(height)
  }

  start(): void {
    this.#follow(
      'blocks',
      (signal) => watchBlocks(this.#lnd, { signal }),
      (height) => this.#newTip(height),
      () => false,
    )
  }

  stop(): void {
    for (const controller of this.#watches) controller.abort()
    this.#watches.clear()
  }

  bestHeight(): BlockHeight {
    return this.#height
  }

  onBlock(handler: (height: BlockHeight) => void): Watch {
    this.#handlers.add(handler)
    return { cancel: () => this.#handlers.delete(handler) }
  }

  watchConfirmation(request: ConfirmationRequest, handler: ConfirmationHandler): Watch {
    let confirmed = false
    return this.#follow(
      'confirmation',
      (signal) => watchConfirmation(this.#lnd, request, { signal }),
      (event) => {
        if (event.kind === 'confirmed') {
          confirmed = true
          handler.confirmed(event)
        } else if (confirmed) {
          confirmed = false
          handler.reorged()
        }
      },
      () => confirmed,
    )
  }

  watchSpend(request: SpendRequest, handler: SpendHandler): Watch {
    let spent = false
    return this.#follow(
      'spend',
      (signal) => watchSpend(this.#lnd, request, { signal }),
      (event) => {
        if (event.kind === 'spent') {
          spent = true
          handler.spent(event)
        } else if (spent) {
          spent = false
          handler.reorged()
        }
      },
      () => spent,
    )
  }

  /** Reads a stream for as long as the watch lasts. A clean end after the event is lnd's way to say it is deep enough. */
  #follow<T>(
    what: string,
    open: (signal: AbortSignal) => AsyncIterable<T>,
    take: (event: T) => void,
    isDone: () => boolean,
  ): Watch {
    const controller = new AbortController()
    this.#watches.add(controller)
    const run = async (): Promise<void> => {
      while (!controller.signal.aborted) {
        try {
          for await (const event of open(controller.signal)) {
            if (controller.signal.aborted) return
            take(event)
          }
          if (isDone()) return
        } catch (error) {
          if (controller.signal.aborted) return
          this.#logger.warn('chain notifications of lnd broke, opening them again', { what, error })
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
    void run().finally(() => this.#watches.delete(controller))
    return { cancel: () => controller.abort(CANCELLED) }
  }

  /** Heights may repeat or fall in a reorganisation (spec lnd §9.3). */
  #newTip(height: BlockHeight): void {
    if (height === this.#height) return
    this.#height = height
    for (const handler of [...this.#handlers]) handler(height)
  }
}
