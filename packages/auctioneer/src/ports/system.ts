/** Wall clock and timers. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number
  /** Runs once after `ms`; the result cancels it. */
  after(ms: number, run: () => void): () => void
}

export interface Entropy {
  bytes(length: number): Uint8Array
}

export type LogFields = Readonly<Record<string, unknown>>

/** Structured log: a static message plus fields. Keys, nonces, macaroons and peers' texts never go in above debug. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** Moments of a batch at which a test may end the process, as a power cut would. */
export const FAULT_POINTS = [
  /** Every proposal is on its way. */
  'after-prepare',
  /** Every SignBegin is on its way. */
  'after-sign-begin',
  /** All have signed, nothing is durable. */
  'before-commit',
  /** The batch is durable, nobody has seen its transaction. */
  'after-commit',
  /** It is in the mempool, no trader has been told. */
  'after-publish',
] as const
export type FaultPointName = (typeof FAULT_POINTS)[number]

/** Where a process may have to end. */
export interface FaultPoint {
  reach(point: FaultPointName): void
  /** Nobody knows whether a batch is durable: only reading the store again, from the start, tells. */
  uncertain(error: unknown): void
}
