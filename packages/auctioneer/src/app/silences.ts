import type { AccountKey } from '@tidepool/crypto'
import type { StreamId } from '@tidepool/market'
import { DEAD_STREAM_MS } from '../core/deadStreams.ts'
import { AuctioneerError } from '../core/errors.ts'
import { isLeftOut, silentAgain } from '../core/silence.ts'
import type { Silence } from '../core/silence.ts'
import type { Change } from '../ports/store.ts'
import type { Clock, Logger } from '../ports/system.ts'
import type { Ledger } from './ledger.ts'
import type { AuctioneerOptions } from './options.ts'
import type { SessionRegistry } from './sessionRegistry.ts'

export interface SilenceView {
  readonly silence: Silence
  readonly isLeftOut: boolean
  readonly openOrders: number
}

interface Modules {
  readonly ledger: Ledger
  readonly registry: Pick<SessionRegistry, 'get' | 'accountsOf'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Accounts whose traders are connected and leave batches unanswered: left out for longer each time. */
export class SilenceService {
  readonly #limitMs: number
  readonly #modules: Modules
  /** Whether it was silence shows later. */
  readonly #doubts = new Map<AccountKey, () => void>()

  constructor({ silenceLimitMs }: Pick<AuctioneerOptions, 'silenceLimitMs'>, modules: Modules) {
    this.#limitMs = silenceLimitMs
    this.#modules = modules
  }

  /** Accounts that take no part now. */
  get leftOut(): ReadonlySet<AccountKey> {
    return new Set(this.list().flatMap(({ silence, isLeftOut: out }) => (out ? [silence.key] : [])))
  }

  list(): readonly SilenceView[] {
    const { ledger, clock } = this.#modules
    const now = clock.now()
    return [...ledger.silences.values()]
      .map((silence) => ({
        silence,
        isLeftOut: isLeftOut(silence, now, this.#limitMs),
        openOrders: ledger.ordersOf(silence.key).length,
      }))
      .toSorted((a, b) => b.silence.lastMs - a.silence.lastMs || (a.silence.key < b.silence.key ? -1 : 1))
  }

  /**
   * These accounts of the stream were asked, and the time of the step is over. A dead connection looks like silence at
   * first: only a stream that is still there later was silent, any other was offline.
   */
  noticed(stream: StreamId, keys: readonly AccountKey[], step: Silence['step']): void {
    for (const key of keys) {
      if (this.#doubts.has(key)) continue
      const cancel = this.#modules.clock.after(DEAD_STREAM_MS, () => {
        this.#doubts.delete(key)
        this.#count(stream, key, step).catch((error: unknown) => {
          this.#modules.logger.error('silence could not be recorded', { accountKey: key, error })
        })
      })
      this.#doubts.set(key, cancel)
    }
  }

  /** Part of the commit of a batch that these accounts have signed. */
  forgiven(keys: readonly AccountKey[]): readonly Change[] {
    const { silences } = this.#modules.ledger
    return keys.flatMap((key) => (silences.has(key) ? [{ kind: 'forgiveSilence', key } as const] : []))
  }

  /** After that commit. */
  completed(keys: readonly AccountKey[]): void {
    for (const key of keys) this.#doubts.get(key)?.()
    for (const key of keys) this.#doubts.delete(key)
  }

  /** By the operator. @throws AuctioneerError SILENCE_NOT_FOUND */
  async forgive(key: AccountKey): Promise<void> {
    const { ledger, logger } = this.#modules
    await ledger.exclusively(async () => {
      if (!ledger.silences.has(key)) {
        throw new AuctioneerError(
          { code: 'SILENCE_NOT_FOUND', accountKey: key },
          'no silence of this account is on record',
        )
      }
      await ledger.commit([{ kind: 'forgiveSilence', key }])
    })
    logger.info('silence forgiven', { accountKey: key })
  }

  stop(): void {
    this.completed([...this.#doubts.keys()])
  }

  async #count(stream: StreamId, key: AccountKey, step: Silence['step']): Promise<void> {
    const { ledger, registry, clock, logger } = this.#modules
    if (!registry.accountsOf(stream).includes(key)) return
    await ledger.exclusively(async () => {
      const silence = silentAgain(ledger.silences.get(key), { key, step, nowMs: clock.now() }, this.#limitMs)
      await ledger.commit([{ kind: 'silence', silence }])
      logger.warn('a connected trader did not answer', {
        accountKey: key,
        step,
        times: silence.times,
        leftOutUntilMs: silence.untilMs,
      })
    })
  }
}
