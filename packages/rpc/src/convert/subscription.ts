import { accountKey, batchId, type AccountKey, type BatchId } from '@tidepool/crypto'
import {
  batchVersion,
  type BatchProposal,
  type BatchReject,
  type BatchVersion,
  type SignReply,
  type SignRequest,
} from '@tidepool/market'
import type { poolrpc } from '../gen/packages.ts'
import { auctionAccountToWire, type AuctionAccountView } from './account.ts'
import { badField, inField, required } from './errors.ts'
import { proposalToWire } from './proposal.ts'
import { rejectFromWire, rejectToWire } from './reject.ts'
import { finalizeToWire, signReplyFromWire, signReplyToWire, signRequestToWire, type FinalizedBatch } from './sign.ts'
import { keyToWire } from './primitives.ts'

/** What a trader says on its stream. */
export type ClientStreamMessage =
  | { readonly kind: 'commit'; readonly commitHash: Uint8Array; readonly batchVersion: BatchVersion }
  | {
      readonly kind: 'subscribe'
      readonly traderKey: AccountKey
      readonly commitNonce: Uint8Array
      readonly authSig: Uint8Array
    }
  | { readonly kind: 'accept'; readonly batchId: BatchId }
  | { readonly kind: 'reject'; readonly reject: BatchReject }
  | { readonly kind: 'sign'; readonly reply: SignReply }
  | { readonly kind: 'recover'; readonly traderKey: AccountKey }

const HASH_BYTES = 32

function hashFromWire(field: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length !== HASH_BYTES) throw badField(field, `expected ${HASH_BYTES} bytes, got ${bytes.length}`)
  return bytes
}

const keyIn = (message: { readonly traderKey: Uint8Array }): AccountKey =>
  inField('trader_key', () => accountKey(message.traderKey))

/** @throws ConvertError BAD_FIELD */
export function clientMessageFromWire(message: poolrpc.ClientAuctionMessage): ClientStreamMessage {
  const msg = required('msg', message.msg)
  return inField(msg.case, (): ClientStreamMessage => {
    switch (msg.case) {
      case 'commit': {
        const commitHash = hashFromWire('commit_hash', msg.value.commitHash)
        return { kind: 'commit', commitHash, batchVersion: batchVersion(msg.value.batchVersion) }
      }
      case 'subscribe': {
        const commitNonce = hashFromWire('commit_nonce', msg.value.commitNonce)
        return { kind: 'subscribe', traderKey: keyIn(msg.value), commitNonce, authSig: msg.value.authSig }
      }
      case 'accept':
        return { kind: 'accept', batchId: inField('batch_id', () => batchId(msg.value.batchId)) }
      case 'reject':
        return { kind: 'reject', reject: rejectFromWire(msg.value) }
      case 'sign':
        return { kind: 'sign', reply: signReplyFromWire(msg.value) }
      case 'recover':
        return { kind: 'recover', traderKey: keyIn(msg.value) }
    }
  })
}

export function clientMessageToWire(message: ClientStreamMessage): poolrpc.ClientAuctionMessageInit {
  switch (message.kind) {
    case 'commit': {
      const { commitHash, batchVersion: version } = message
      return { msg: { case: 'commit', value: { commitHash, batchVersion: version } } }
    }
    case 'subscribe': {
      const { traderKey, commitNonce, authSig } = message
      return { msg: { case: 'subscribe', value: { traderKey: keyToWire(traderKey), commitNonce, authSig } } }
    }
    case 'accept':
      return { msg: { case: 'accept', value: { batchId: keyToWire(message.batchId) } } }
    case 'reject':
      return { msg: { case: 'reject', value: rejectToWire(message.reject) } }
    case 'sign':
      return { msg: { case: 'sign', value: signReplyToWire(message.reply) } }
    case 'recover':
      return { msg: { case: 'recover', value: { traderKey: keyToWire(message.traderKey) } } }
  }
}

/** What an auctioneer says on a trader's stream. */
export type ServerStreamMessage =
  | { readonly kind: 'challenge'; readonly challenge: Uint8Array; readonly commitHash: Uint8Array }
  | { readonly kind: 'success'; readonly traderKey: AccountKey }
  | { readonly kind: 'accountUnknown'; readonly traderKey: AccountKey }
  | { readonly kind: 'accountReserved'; readonly traderKey: AccountKey; readonly reservation: AuctionAccountView }
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'account'; readonly account: AuctionAccountView }
  | { readonly kind: 'prepare'; readonly proposal: BatchProposal }
  | { readonly kind: 'signBegin'; readonly request: SignRequest }
  | ({ readonly kind: 'finalize' } & FinalizedBatch)

const errorToWire = (
  errorCode: poolrpc.SubscribeError_Error,
  error: string,
  rest: Pick<poolrpc.SubscribeErrorInit, 'traderKey' | 'accountReservation'> = {},
): poolrpc.ServerAuctionMessageInit => ({ msg: { case: 'error', value: { errorCode, error, ...rest } } })

export function serverMessageToWire(message: ServerStreamMessage): poolrpc.ServerAuctionMessageInit {
  switch (message.kind) {
    case 'challenge': {
      const { challenge, commitHash } = message
      return { msg: { case: 'challenge', value: { challenge, commitHash } } }
    }
    case 'success':
      return { msg: { case: 'success', value: { traderKey: keyToWire(message.traderKey) } } }
    case 'accountUnknown':
      return errorToWire('ACCOUNT_DOES_NOT_EXIST', 'account not found', { traderKey: keyToWire(message.traderKey) })
    case 'accountReserved':
      return errorToWire('INCOMPLETE_ACCOUNT_RESERVATION', 'account reserved but not funded', {
        traderKey: keyToWire(message.traderKey),
        accountReservation: auctionAccountToWire(message.reservation),
      })
    case 'shutdown':
      return errorToWire('SERVER_SHUTDOWN', 'server is shutting down')
    case 'account':
      return { msg: { case: 'account', value: auctionAccountToWire(message.account) } }
    case 'prepare':
      return { msg: { case: 'prepare', value: proposalToWire(message.proposal) } }
    case 'signBegin':
      return { msg: { case: 'sign', value: signRequestToWire(message.request) } }
    case 'finalize':
      return { msg: { case: 'finalize', value: finalizeToWire(message) } }
  }
}
