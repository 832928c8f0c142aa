import { accountKey, batchId } from '@tidepool/crypto'
import type { BatchId } from '@tidepool/crypto'
import { auctionAccountFromWire, finalizeFromWire, proposalFromWire, signRequestFromWire } from '@tidepool/rpc'
import type { poolrpc } from '@tidepool/rpc'
import type { RemoteAccount } from '../../core/remoteAccount.ts'
import type { ServerMessage, SubscribeErrorCode } from '../../ports/auctioneer.ts'

const ERROR_CODE: Readonly<Record<string, SubscribeErrorCode>> = {
  SERVER_SHUTDOWN: 'serverShutdown',
  ACCOUNT_DOES_NOT_EXIST: 'accountDoesNotExist',
  INCOMPLETE_ACCOUNT_RESERVATION: 'incompleteReservation',
}

/** Never throws: what cannot be read comes out as `unreadable`, for the session to refuse. */
export function serverMessageFromWire(message: poolrpc.ServerAuctionMessage): ServerMessage {
  const { msg } = message
  switch (msg?.case) {
    case 'challenge':
      return { kind: 'challenge', challenge: msg.value.challenge, commitHash: msg.value.commitHash }
    case 'success':
      return readable('other', undefined, () => ({ kind: 'success', key: accountKey(msg.value.traderKey) }))
    case 'error':
      return {
        kind: 'error',
        code: ERROR_CODE[String(msg.value.errorCode)] ?? 'unknown',
        key: tried(() => accountKey(msg.value.traderKey)),
        text: msg.value.error,
        reservation: tried(() => reservationFrom(msg.value.accountReservation)),
      }
    case 'prepare':
      return readable('prepare', msg.value.batchId, () => ({ kind: 'prepare', proposal: proposalFromWire(msg.value) }))
    case 'sign':
      return readable('signBegin', msg.value.batchId, () => ({
        kind: 'signBegin',
        request: signRequestFromWire(msg.value),
      }))
    case 'finalize':
      return readable('other', undefined, () => ({ kind: 'finalize', ...finalizeFromWire(msg.value) }))
    case 'account':
      return readable('other', undefined, () => ({ kind: 'account', account: auctionAccountFromWire(msg.value) }))
    default:
      return { kind: 'other', name: 'unknown' }
  }
}

function readable(
  what: 'prepare' | 'signBegin' | 'other',
  id: Uint8Array | undefined,
  read: () => ServerMessage,
): ServerMessage {
  try {
    return read()
  } catch (cause) {
    const known: BatchId | undefined = id === undefined ? undefined : tried(() => batchId(id))
    return { kind: 'unreadable', what, batchId: known, cause }
  }
}

const reservationFrom = (account: poolrpc.AuctionAccount | undefined): RemoteAccount | undefined =>
  account === undefined ? undefined : auctionAccountFromWire(account)

function tried<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
