/** Time and entropy, so that tests can set both. */
export interface Clock {
  /** Unix time in nanoseconds. */
  now(): bigint
  /** Resolves after `ms`, or at once when the signal is or becomes aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export type RandomBytes = (length: number) => Uint8Array
