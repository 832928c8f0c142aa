import { ClmError } from '@tidepool/crypto'

/** Whether the chain will never take a transaction as it is; an input that looks spent may only be unknown yet. */
export const isRefusedByChain = (error: unknown): boolean =>
  error instanceof ClmError && (error.code === 'LND_FEE_TOO_LOW' || error.code === 'LND_TX_INVALID')
