import type { AccountKey } from '@tidepool/crypto'

/** An account whose trader was connected, was asked, and did not answer in time. */
export interface Silence {
  readonly key: AccountKey
  /** In a row, since the last batch it completed. */
  readonly times: number
  readonly step: 'prepare' | 'sign'
  /** Unix time of the last one in milliseconds. */
  readonly lastMs: number
  /** Unix time in milliseconds; left out before it. */
  readonly untilMs: number
}

/** Left out for this long at the second time in a row, twice as long at each one after that. */
export const FIRST_LEAVE_MS = 600_000

type Seen = Pick<Silence, 'key' | 'step'> & { readonly nowMs: number }

/**
 * One more time. The first costs nothing; `limitMs` bounds every leave. What is over for longer than that is forgotten.
 */
export function silentAgain(before: Silence | undefined, { key, step, nowMs }: Seen, limitMs: number): Silence {
  const known = before !== undefined && nowMs >= before.lastMs && nowMs < before.untilMs + limitMs
  const times = known ? before.times + 1 : 1
  const leave = times < 2 ? 0 : Math.min(limitMs, FIRST_LEAVE_MS * 2 ** (times - 2))
  return { key, times, step, lastMs: nowMs, untilMs: nowMs + leave }
}

/** A clock that was set back, or a lower limit than before, never lengthens a leave. */
export const isLeftOut = ({ lastMs, untilMs }: Silence, nowMs: number, limitMs: number): boolean =>
  nowMs >= lastMs && nowMs < Math.min(untilMs, lastMs + limitMs)
