import { Metadata } from '@grpc/grpc-js'
import type { ServiceError } from '@grpc/grpc-js'
import { fromHex } from '@tidepool/crypto'
import { STATUS, decodeMessage, encodeMessage } from '@tidepool/rpc'
import type { MessageName, MessageOf, Status } from '@tidepool/rpc'
import type { Bend } from '../../harness/auctioneerProxy.ts'

/** What the user of the trader daemon does while the auctioneer lies. */
export type Doing = 'open an account' | 'withdraw' | 'trade' | 'ask'

/** A lie below or beside the batch: in an answer to a call, or in the bytes of the stream. */
export interface WireLie {
  readonly name: string
  readonly doing: Doing
  /** What the call is refused with, or what the log says. */
  readonly code: string
  readonly stock: string
  readonly bend: () => Bend
}

const POINT = fromHex('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798')
const NO_POINT = new Uint8Array(33)
const MIB = 1024 * 1024

function failure(code: Status, details: string): ServiceError {
  return Object.assign(new Error(details), { code, details, metadata: new Metadata() })
}

/** The answer to one method, changed. */
function answering<N extends MessageName>(
  method: string,
  message: N,
  change: (answer: MessageOf<N>) => Parameters<typeof encodeMessage<N>>[1],
): () => Bend {
  return () => (called, bytes) =>
    called === method ? encodeMessage(message, change(decodeMessage(message, bytes))) : bytes
}

const bytes =
  (method: string, said: Uint8Array): (() => Bend) =>
  () =>
  (called, honest) =>
    called === method ? said : honest
const failing =
  (method: string, code: Status, details: string): (() => Bend) =>
  () =>
  (called, honest) =>
    called === method ? failure(code, details) : honest

/** On the stream, the first Prepare becomes something else; the honest ones come after it. */
const stream =
  (change: (prepare: Uint8Array) => ReturnType<Bend>): (() => Bend) =>
  () => {
    let told = false
    return (method, said) => {
      if (method !== 'SubscribeBatchAuction' || told) return said
      if (decodeMessage('poolrpc.ServerAuctionMessage', said).msg?.case !== 'prepare') return said
      told = true
      return change(said)
    }
  }

const RESERVE = 'poolrpc.ReserveAccountResponse'
const MODIFY = 'poolrpc.ServerModifyAccountResponse'
const TERMS = 'poolrpc.TermsResponse'

const modified = (change: (answer: MessageOf<typeof MODIFY>) => Parameters<typeof encodeMessage<typeof MODIFY>>[1]) =>
  answering('ModifyAccount', MODIFY, change)

const flip = (one: Uint8Array, at: number): Uint8Array => one.map((byte, i) => (i === at ? byte ^ 1 : byte))

const withdrawal = (name: string, bend: () => Bend, code = 'AUCTIONEER_SIGNATURE_INVALID'): WireLie => ({
  name,
  doing: 'withdraw',
  code,
  stock: 'not known',
  bend,
})
const opening = (name: string, code: string, stock: string, bend: () => Bend): WireLie => ({
  ...{ name, code, stock, bend },
  doing: 'open an account',
})
const trading = (name: string, code: string, stock: string, bend: () => Bend): WireLie => ({
  ...{ name, code, stock, bend },
  doing: 'trade',
})

/** Told through a proxy between the real daemons. */
export const WIRE_LIES: readonly WireLie[] = [
  opening(
    'an auctioneer key that is no point',
    'ACCOUNT_REFUSED',
    'not known',
    answering('ReserveAccount', RESERVE, (answer) => ({ ...answer, auctioneerKey: NO_POINT })),
  ),
  opening(
    'no auctioneer key',
    'ACCOUNT_REFUSED',
    'not known',
    answering('ReserveAccount', RESERVE, (answer) => ({ ...answer, auctioneerKey: new Uint8Array() })),
  ),
  opening(
    'a batch key that is no point',
    'ACCOUNT_REFUSED',
    'not known',
    answering('ReserveAccount', RESERVE, (answer) => ({ ...answer, initialBatchKey: NO_POINT })),
  ),
  opening(
    'a batch key that no batch has had',
    'RESERVATION_UNUSABLE',
    'accepted',
    answering('ReserveAccount', RESERVE, (answer) => ({ ...answer, initialBatchKey: POINT })),
  ),
  opening('noise for a reservation', 'ACCOUNT_REFUSED', 'not known', bytes('ReserveAccount', fromHex('0a0b0c0d'))),
  opening(
    'a reservation of a megabyte',
    'ACCOUNT_REFUSED',
    'not known',
    bytes('ReserveAccount', new Uint8Array(MIB).fill(7)),
  ),
  opening(
    'an account refused in words',
    'ACCOUNT_REFUSED',
    'caught',
    failing('ReserveAccount', STATUS.UNKNOWN, 'not today'),
  ),
  opening(
    'terms without an execution fee',
    'BAD_FIELD',
    'crash',
    answering('Terms', TERMS, (terms) => {
      const rest: Record<string, unknown> = { ...terms }
      delete rest['executionFee']
      return rest
    }),
  ),
  opening(
    'terms that allow no account',
    'BAD_FIELD',
    'crash',
    answering('Terms', TERMS, (terms) => ({ ...terms, maxAccountValue: 0n })),
  ),
  opening('noise for terms', 'MALFORMED_MESSAGE', 'not known', bytes('Terms', fromHex('0a0b0c0d'))),

  withdrawal(
    'a signature with a bit flipped',
    modified((answer) => ({ ...answer, accountSig: flip(answer.accountSig, 12) })),
  ),
  withdrawal(
    'a signature of zeros',
    modified((answer) => ({ ...answer, accountSig: answer.accountSig.map(() => 0) })),
  ),
  withdrawal(
    'no signature',
    modified((answer) => ({ ...answer, accountSig: new Uint8Array() })),
  ),
  withdrawal(
    'a signature of 31 bytes',
    modified((answer) => ({ ...answer, accountSig: answer.accountSig.subarray(1) })),
  ),
  withdrawal(
    'a signature in DER for a taproot account',
    modified((answer) => ({ ...answer, accountSig: new Uint8Array(71).fill(0x30) })),
  ),
  withdrawal(
    'no nonces',
    modified((answer) => ({ ...answer, serverNonces: new Uint8Array() })),
  ),
  withdrawal(
    'nonces of zeros',
    modified((answer) => ({ ...answer, serverNonces: answer.serverNonces.map(() => 0) })),
  ),
  withdrawal(
    'nonces of noise',
    modified((answer) => ({ ...answer, serverNonces: answer.serverNonces.map(() => 0xff) })),
  ),
  withdrawal(
    'other nonces than it signed with',
    modified((answer) => ({ ...answer, serverNonces: Uint8Array.of(...POINT, ...POINT) })),
  ),
  withdrawal(
    'nonces with their halves swapped',
    modified((answer) => ({
      ...answer,
      serverNonces: Uint8Array.of(...answer.serverNonces.subarray(33), ...answer.serverNonces.subarray(0, 33)),
    })),
  ),
  withdrawal('a change refused in words', failing('ModifyAccount', STATUS.UNKNOWN, 'not today'), 'CHANGE_REFUSED'),
  withdrawal('noise for a signature', bytes('ModifyAccount', fromHex('0a0b0c0d')), 'CHANGE_REFUSED'),

  trading(
    'a proposal of five megabytes',
    'RPC',
    'not known',
    stream(() => new Uint8Array(5 * MIB)),
  ),
  trading(
    'a proposal that is no message',
    'MALFORMED_MESSAGE',
    'not known',
    stream(() => fromHex('0a0b0c0d')),
  ),
  trading(
    'a proposal cut in the middle',
    'MALFORMED_MESSAGE',
    'not known',
    stream((said) => said.subarray(0, said.length / 2)),
  ),
  trading(
    'an error with a text that is no UTF-8',
    'MALFORMED_MESSAGE',
    'not known',
    stream((said) => [fromHex('1a060a04fffefdfc'), said]),
  ),
  trading(
    'the stream ended as if all were well',
    'RPC',
    'deaf',
    stream(() => failure(STATUS.CANCELLED, 'done')),
  ),
  trading(
    'the stream ended for a bad signature',
    'RPC',
    'caught',
    stream(() => failure(STATUS.UNAUTHENTICATED, 'no')),
  ),
  trading(
    'ten thousand messages of nothing',
    'MESSAGE_UNASKED',
    'stops',
    stream((said) => [...Array.from({ length: 10_000 }, () => new Uint8Array()), said]),
  ),

  ...['BatchSnapshot', 'BatchSnapshots', 'NodeRating', 'Terms'].map((method): WireLie => ({
    name: `noise in answer to ${method}`,
    doing: 'ask',
    code: 'MALFORMED_MESSAGE',
    stock: 'not known',
    bend: bytes(method, fromHex('0a0b0c0d')),
  })),
]
