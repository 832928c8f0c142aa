import type { ChannelInfo, SignReply } from '@tidepool/market'
import { nodeKey, pointFromSecret, pubKey } from '@tidepool/crypto'
import type { Letter } from '../ports/stream.ts'
import type { Deed } from './fault.ts'

const STRANGER = pubKey(pointFromSecret(new Uint8Array(32).fill(7)))

/** Everything that can be wrong with a Sign. */
export const BAD_SIGNS: readonly Deed[] = [
  sign('signatures with a flipped bit', (reply) => ({ ...reply, accountSigs: each(reply.accountSigs, flipped) })),
  sign('signatures of zeros', (reply) => ({
    ...reply,
    accountSigs: each(reply.accountSigs, (sig) => sig.map(() => 0)),
  })),
  sign('no signatures', (reply) => ({ ...reply, accountSigs: new Map() })),
  sign('short signatures', (reply) => ({ ...reply, accountSigs: each(reply.accountSigs, (sig) => sig.subarray(1)) })),
  sign('no channel infos', (reply) => ({ ...reply, channelInfos: new Map() })),
  info('another channel type', (one) => ({ ...one, type: 'anchors' })),
  info('another local node', (one) => ({ ...one, localNodeKey: nodeKey(STRANGER) })),
  info('another remote node', (one) => ({ ...one, remoteNodeKey: nodeKey(STRANGER) })),
  info('another local base point', (one) => ({ ...one, localPaymentBasePoint: STRANGER })),
  info('another remote base point', (one) => ({ ...one, remotePaymentBasePoint: STRANGER })),
]

/** Taproot accounts only. */
export const BAD_NONCES: readonly Deed[] = [
  sign('nonces with a flipped bit', (reply) => ({ ...reply, traderNonces: each(reply.traderNonces, flipped) })),
  sign('nonces of zeros', (reply) => ({ ...reply, traderNonces: each(reply.traderNonces, (one) => one.map(() => 0)) })),
  sign('no nonces', (reply) => ({ ...reply, traderNonces: new Map() })),
]

function sign(name: string, spoil: (reply: SignReply) => SignReply): Deed {
  const change = (letter: Letter): Letter =>
    letter.message.kind === 'sign'
      ? { way: 'up', message: { kind: 'sign', reply: spoil(letter.message.reply) } }
      : letter
  return { kind: 'change', name, change }
}

function info(name: string, spoil: (info: ChannelInfo) => ChannelInfo): Deed {
  return sign(`infos with ${name}`, (reply) => ({ ...reply, channelInfos: each(reply.channelInfos, spoil) }))
}

function each<K, V>(map: ReadonlyMap<K, V>, change: (value: V) => V): ReadonlyMap<K, V> {
  return new Map([...map].map(([key, value]) => [key, change(value)]))
}

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte))
