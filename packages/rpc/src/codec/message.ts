import type { Messages } from '../gen/packages.ts'
import { decodeUntyped } from './decode.ts'
import { encodeUntyped } from './encode.ts'

/** Full name of a message, such as `poolrpc.ServerOrder`. */
export type MessageName = keyof Messages
/** The decoded message. */
export type MessageOf<N extends MessageName> = Messages[N]['value']
/** What may be given to send one. */
export type InitOf<N extends MessageName> = Messages[N]['init']

/** Wire bytes. @throws CodecError for any value the message cannot carry */
export const encodeMessage = <N extends MessageName>(name: N, init: InitOf<N>): Uint8Array => encodeUntyped(name, init)

/** @throws CodecError MALFORMED_MESSAGE */
export const decodeMessage = <N extends MessageName>(name: N, bytes: Uint8Array): MessageOf<N> =>
  decodeUntyped(name, bytes) as MessageOf<N>

/** The message as its receiver would read it: defaults filled in. @throws CodecError as `encodeMessage` */
export const fillMessage = <N extends MessageName>(name: N, init: InitOf<N>): MessageOf<N> =>
  decodeUntyped(name, encodeUntyped(name, init)) as MessageOf<N>
