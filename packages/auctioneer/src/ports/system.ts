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

/** Called at named points of a commit; crash tests end the process here. */
export interface FaultPoint {
  reach(point: 'before-commit' | 'after-commit'): void
}
