import { RpcError, STATUS } from '@tidepool/rpc'

/** lnd answers nearly every refusal with code UNKNOWN; only its text tells them apart (spec lnd §1.3). */
export const LND_TEXT = {
  alreadyConnected: 'already connected to peer',
  noIntent: 'no funding intent found for pendingChannelID(',
  unknownChannel: 'unable to find closed channel',
  notPending: 'is not externally funded or not pending',
  locked: 'wallet locked, unlock it to enable full RPC access',
  noWallet: 'wallet not created, create one to enable full RPC access',
} as const

export const saysLnd = (error: unknown, text: keyof typeof LND_TEXT): boolean =>
  error instanceof RpcError && error.detail.details.includes(LND_TEXT[text])

/** lnd did not answer at all, so what it was asked for may still have happened. */
export const lndSilent = (error: unknown): boolean =>
  !(error instanceof RpcError) ||
  error.status === STATUS.UNAVAILABLE ||
  error.status === STATUS.DEADLINE_EXCEEDED ||
  error.status === STATUS.CANCELLED

export const lndText = (error: unknown): string =>
  error instanceof RpcError ? error.detail.details : error instanceof Error ? error.message : String(error)
