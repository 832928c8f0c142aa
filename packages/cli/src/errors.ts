import { ClmError } from '@tidepool/crypto'

export type CliErrorDetail =
  /** An argument is missing or cannot be read; correct the command line. */
  | { readonly code: 'BAD_ARGUMENT'; readonly argument: string }
  /** No certificate or macaroon at the place named; start the daemon, or name another place. */
  | { readonly code: 'CREDENTIALS_MISSING'; readonly path: string }

export class CliError extends ClmError<CliErrorDetail> {}

export function badArgument(argument: string, message: string): CliError {
  return new CliError({ code: 'BAD_ARGUMENT', argument }, message)
}

/** Ends the program with a code of its own after everything has been said. */
export class QuietExit extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`)
    this.exitCode = exitCode
  }
}
