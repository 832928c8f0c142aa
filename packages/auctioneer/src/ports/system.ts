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

/** Where a process may have to end. */
export interface FaultPoint {
  /** Called at named points of a commit; crash tests end the process here. */
  reach(point: 'before-commit' | 'after-commit'): void
  /** Nobody knows whether a batch is durable: only reading the store again, from the start, tells. */
  uncertain(error: unknown): void
}
