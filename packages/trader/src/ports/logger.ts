/** Parts of the daemon that may log at a level of their own. */
export type LogSubsystem = 'POOL' | 'RPCS' | 'FNDG' | 'AUCT' | 'ORDR' | 'LNDC' | 'ACCT'

/** Structured log; `fields` never hold keys' secrets, nonces or macaroons. */
export interface Logger {
  debug(message: string, fields?: object): void
  info(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string, fields?: object): void
  /** The log of one subsystem; where there is none, this one is for all. */
  readonly of?: (subsystem: LogSubsystem) => Logger
}
