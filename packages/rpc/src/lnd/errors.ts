import { ClmError } from '@tidepool/crypto'
import { RpcError } from '../grpc/errors.ts'
import { STATUS } from '../grpc/statusCode.ts'

export type LndErrorCode =
  /** lnd does not answer, or not in time; try again. */
  | 'LND_UNREACHABLE'
  /** lnd is starting or catching up; try again. */
  | 'LND_STARTING'
  /** The operator must unlock lnd's wallet; try again then. */
  | 'LND_LOCKED'
  /** The operator must create lnd's wallet; try again then. */
  | 'LND_NO_WALLET'
  /** The macaroon does not permit the call; bake another one. */
  | 'LND_PERMISSION_DENIED'
  /** lnd was built without the sub-server, or is too old; use a release build. */
  | 'LND_UNIMPLEMENTED'
  /** The peer is connected; as good as success. */
  | 'LND_PEER_CONNECTED'
  /** No shim is registered under the id; nothing to cancel. */
  | 'LND_NO_SHIM'
  /** A shim is left over under the id; cancel it, then register again. */
  | 'LND_DUPLICATE_SHIM'
  /** lnd never had the channel; nothing to abandon. */
  | 'LND_CHANNEL_UNKNOWN'
  /** The channel is confirmed, zero-conf or without thaw height; it stays. */
  | 'LND_CHANNEL_NOT_PENDING'
  /** The output is not the wallet's; try the next one. */
  | 'LND_OUTPUT_FOREIGN'
  /** The transaction is confirmed; nothing to bump. */
  | 'LND_TX_CONFIRMED'
  /** An input is spent or unknown, as one text; look which before giving up. */
  | 'LND_INPUT_SPENT'
  /** The fee is below what the chain daemon relays; pay more. */
  | 'LND_FEE_TOO_LOW'
  /** The transaction breaks a rule of the chain; trying again does not help. */
  | 'LND_TX_INVALID'
  /** The wallet cannot pay, or would lose its anchor reserve; fund it. */
  | 'LND_FUNDS_SHORT'
  /** lnd restarted or dropped the MuSig2 session; begin again with new nonces. */
  | 'LND_SESSION_LOST'
  /** What was asked for does not exist. */
  | 'LND_NOT_FOUND'
  /** A payment of this hash is paid or under way; track it. */
  | 'LND_ALREADY_PAID'
  /** Any other refusal; do not try again unread. */
  | 'LND_REFUSED'

export interface LndErrorDetail {
  readonly code: LndErrorCode
  readonly method: string
  /** lnd's own text. */
  readonly details: string
}

/** lnd's answer, told apart by its text: nearly all its refusals have the status UNKNOWN. */
export class LndError extends ClmError<LndErrorDetail> {}

const CODE_BY_TEXT: readonly (readonly [text: string, code: LndErrorCode])[] = [
  ['waiting to start, RPC services not available', 'LND_STARTING'],
  ['in the process of starting', 'LND_STARTING'],
  ['wallet not created, create one to enable full RPC access', 'LND_NO_WALLET'],
  ['wallet locked, unlock it to enable full RPC access', 'LND_LOCKED'],
  ['permission denied', 'LND_PERMISSION_DENIED'],
  ['expected 1 macaroon, got', 'LND_PERMISSION_DENIED'],
  ['already connected to peer', 'LND_PEER_CONNECTED'],
  ['no funding intent found for pendingChannelID(', 'LND_NO_SHIM'],
  ['duplicate pending channel ID', 'LND_DUPLICATE_SHIM'],
  ['unable to find closed channel', 'LND_CHANNEL_UNKNOWN'],
  ['is not externally funded or not pending', 'LND_CHANNEL_NOT_PENDING'],
  ['belong to the wallet', 'LND_OUTPUT_FOREIGN'],
  ['unable to bump fee of a confirmed transaction', 'LND_TX_CONFIRMED'],
  ['output already spent', 'LND_INPUT_SPENT'],
  ['min relay fee not met', 'LND_FEE_TOO_LOW'],
  ['insufficient fee', 'LND_FEE_TOO_LOW'],
  ['non final', 'LND_TX_INVALID'],
  ['non mandatory script verify flag', 'LND_TX_INVALID'],
  ['failed to validate input', 'LND_TX_INVALID'],
  ['unexpected EOF', 'LND_TX_INVALID'],
  ['dust', 'LND_TX_INVALID'],
  ['insufficient funds available to construct transaction', 'LND_FUNDS_SHORT'],
  ['insufficient reserves for anchor channels', 'LND_FUNDS_SHORT'],
]

const CODE_BY_STATUS: ReadonlyMap<number, LndErrorCode> = new Map([
  [STATUS.CANCELLED, 'LND_UNREACHABLE'],
  [STATUS.DEADLINE_EXCEEDED, 'LND_UNREACHABLE'],
  [STATUS.UNAVAILABLE, 'LND_UNREACHABLE'],
  [STATUS.UNIMPLEMENTED, 'LND_UNIMPLEMENTED'],
  [STATUS.NOT_FOUND, 'LND_NOT_FOUND'],
  [STATUS.ALREADY_EXISTS, 'LND_ALREADY_PAID'],
  [STATUS.PERMISSION_DENIED, 'LND_PERMISSION_DENIED'],
  [STATUS.UNAUTHENTICATED, 'LND_PERMISSION_DENIED'],
])

/** What lnd meant by a status and a text. */
export function classifyLnd(status: number, details: string): LndErrorCode {
  const known = CODE_BY_TEXT.find(([text]) => details.includes(text))?.[1]
  if (known !== undefined) return known
  if (details.includes('session with ID ') && details.includes('not found')) return 'LND_SESSION_LOST'
  return CODE_BY_STATUS.get(status) ?? 'LND_REFUSED'
}

/** A failed call to lnd as an LndError; anything else as it is. */
function lndErrorFrom(error: unknown): unknown {
  if (!(error instanceof RpcError)) return error
  const { status, details, method } = error.detail
  const code = classifyLnd(status, details)
  return new LndError({ code, method, details }, `lnd: ${details}`, { cause: error })
}

/** Whether lnd said nothing, so that what it was asked for may still have happened. */
export const isSilence = (error: unknown): boolean => !(error instanceof LndError) || error.code === 'LND_UNREACHABLE'

/** Runs a call to lnd; its failure is an LndError. @throws LndError */
export async function asLnd<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw lndErrorFrom(error)
  }
}

/** The same for a stream. @throws LndError */
export async function* streamOfLnd<T>(stream: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  try {
    yield* stream
  } catch (error) {
    throw lndErrorFrom(error)
  }
}

/** Runs a call whose refusal with one of `codes` is as good as success. @throws LndError */
export async function tolerating(codes: readonly LndErrorCode[], call: Promise<unknown>): Promise<void> {
  try {
    await asLnd(call)
  } catch (error) {
    if (!(error instanceof LndError && codes.includes(error.code))) throw error
  }
}
