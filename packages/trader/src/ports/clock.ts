/** Time and entropy, so that tests can set both. */
export interface Clock {
  /** Unix time in nanoseconds. */
  now(): bigint
  /** Resolves after `ms`, or at once when the signal is or becomes aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Reason of an abort of ours: without one an error and its stack are made, which nobody reads. */
export const OVER = 'over'

export type RandomBytes = (length: number) => Uint8Array
