import { reasonOf } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { Backoff } from './backoff.ts'
import type { BackoffOptions } from './backoff.ts'

export interface KeepOpen extends BackoffOptions {
  /** For the log. */
  readonly what: string
  /** Uses the stream until it ends or throws. */
  readonly use: () => Promise<void>
}

/** A stream that held this long was a good one: its end is news, and the next try comes soon. */
const STEADY_NS = 2_000_000_000n

/** Opens a stream again whenever it ends, until the signal does. A lasting outage is logged once. */
export async function keepOpen(
  stream: KeepOpen,
  modules: { readonly clock: Clock; readonly logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  const { clock, logger } = modules
  const backoff = new Backoff(stream, clock)
  let reported = false
  while (!signal.aborted) {
    const began = clock.now()
    const reason = await ending(stream.use)
    if (signal.aborted) return
    if (clock.now() - began >= STEADY_NS) {
      backoff.reset()
      reported = false
    }
    logger[reported ? 'debug' : 'warn']('stream ended, opened again', { stream: stream.what, reason })
    reported = true
    await backoff.wait(signal)
  }
}

async function ending(use: () => Promise<void>): Promise<string> {
  try {
    await use()
    return 'closed by the other side'
  } catch (error) {
    return reasonOf(error)
  }
}
