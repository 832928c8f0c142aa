import { decodeMessage, fillMessage, services, toJson } from '@tidepool/rpc'
import type { InitOf, JsonValue, MessageName, MessageOf, poolrpc } from '@tidepool/rpc'
import type { RecordedMessage } from './recording.ts'

export type Method = keyof poolrpc.ChannelAuctioneer_Service

const METHODS = services.poolrpc.ChannelAuctioneer.methods

/** The method's name in our types: `ReserveAccount` is `reserveAccount`. */
export function methodOf(rpc: string): Method {
  const found = Object.entries(METHODS).find(([, method]) => method.name === rpc)
  if (found === undefined) throw new Error(`no method ${rpc}`)
  return found[0] as Method
}

/** Full name of what a recorded message is. */
export function messageName({ rpc, from }: Pick<RecordedMessage, 'rpc' | 'from'>): MessageName {
  const method = METHODS[methodOf(rpc)]
  return (from === 'trader' ? method.request : method.response) as MessageName
}

/** Decoded by our own codec. */
export const decoded = (message: RecordedMessage): MessageOf<MessageName> =>
  decodeMessage(messageName(message), message.raw)

/** A received message as comparable JSON. */
export const recordedJson = (message: RecordedMessage): JsonValue =>
  toJson(messageName(message), decoded(message), { bytes: 'hex' })

/** A message of ours as its receiver reads it, as comparable JSON. */
export const ownJson = (name: MessageName, init: InitOf<MessageName>): JsonValue =>
  toJson(name, fillMessage(name, init), { bytes: 'hex' })

export const serverMessage = (message: RecordedMessage): poolrpc.ServerAuctionMessage =>
  decodeMessage('poolrpc.ServerAuctionMessage', message.raw)

export const clientMessage = (message: RecordedMessage): poolrpc.ClientAuctionMessage =>
  decodeMessage('poolrpc.ClientAuctionMessage', message.raw)
