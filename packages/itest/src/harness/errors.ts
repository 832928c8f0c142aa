import { ClmError } from '@tidepool/crypto'

export type HarnessErrorDetail =
  /** A condition did not come true in time; read the message and the logs. */
  | { readonly code: 'TIMED_OUT'; readonly what: string; readonly afterMs: number }
  /** A daemon ended before it was ready, or while it was needed; its last lines are in the message. */
  | { readonly code: 'DAEMON_ENDED'; readonly name: string }
  /** A chain daemon refused a call; trying again does not help. */
  | { readonly code: 'CHAIN_RPC'; readonly method: string; readonly rpcCode: number }
  /** The pinned daemons could not be built; the build's output says why. */
  | { readonly code: 'BUILD_FAILED' }
  /** `TIDEPOOL_LND` names none of the releases that are built. */
  | { readonly code: 'UNKNOWN_LND' }
  /** A command line tool failed. */
  | { readonly code: 'COMMAND_FAILED'; readonly exitCode: number | null; readonly stderr: string }
  /** The miner's wallet has no coin left that is large enough; mine more blocks. */
  | { readonly code: 'OUT_OF_COINS'; readonly wanted: bigint }

export class HarnessError extends ClmError<HarnessErrorDetail> {}
