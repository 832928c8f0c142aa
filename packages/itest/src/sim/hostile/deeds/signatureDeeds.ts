import {
  SighashCache,
  accountOutput,
  derEncode,
  fromHex,
  nodeKey,
  pointFromSecret,
  pointNegate,
  pubKey,
  signEcdsa,
  tweakSecret,
} from '@tidepool/crypto'
import type { AccountKey, OutPointText } from '@tidepool/crypto'
import type { ChannelInfo, SignReply } from '@tidepool/market'
import { ACCOUNT_KEY_FAMILY, isFunded } from '@tidepool/trader'
import { signing } from '../deed.ts'
import type { Crime, Misdeed, Words } from '../deed.ts'

const STRANGER = pubKey(pointFromSecret(new Uint8Array(32).fill(7)))
const V0 = { version: 0 } as const

function each<K, V>(map: ReadonlyMap<K, V>, change: (value: V) => V): ReadonlyMap<K, V> {
  return new Map([...map].map(([key, value]) => [key, change(value)]))
}

const sig = (words: Words, change: (sig: Uint8Array) => Uint8Array): Misdeed =>
  signing(words, (reply) => ({ ...reply, accountSigs: each(reply.accountSigs, change) }))

const nonce = (words: Words, change: (nonce: Uint8Array, crime: Crime) => Uint8Array): Misdeed =>
  signing(words, (reply, crime) => ({ ...reply, traderNonces: each(reply.traderNonces, (one) => change(one, crime)) }))

const info = (words: Words, change: (info: ChannelInfo) => ChannelInfo): Misdeed =>
  signing(words, (reply) => ({ ...reply, channelInfos: each(reply.channelInfos, change) }), 'channels')

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte))

/** Order of the group minus s: valid to some, not to the network's relays. BIP-146 */
function highS(der: Uint8Array): Uint8Array {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const rLength = der[3] ?? 0
  const s = BigInt(`0x${Buffer.from(der.subarray(6 + rLength)).toString('hex')}`)
  const high = fromHex(`00${(order - s).toString(16).padStart(64, '0')}`)
  const r = der.subarray(2, 4 + rLength)
  return Uint8Array.of(0x30, r.length + 2 + high.length, ...r, 2, high.length, ...high)
}

/** A good signature of mallory's, but for something else. */
function elsewhere(what: 'transaction' | 'input' | 'base key' | 'digest') {
  return (reply: SignReply, { mallory, heard }: Crime): SignReply => {
    const accounts = [...mallory.trader.ledger.accounts.values()].filter(isFunded)
    const account = accounts.find(({ key }) => reply.accountSigs.has(key))
    const proposed = heard.findLast((message) => message.kind === 'prepare')
    const asked = heard.findLast((message) => message.kind === 'signBegin')
    if (account === undefined || proposed === undefined || asked === undefined) return reply
    const output = accountOutput({ ...account, traderKey: account.key })
    if (output.kind !== 'p2wsh') return reply
    const { transaction } = proposed.proposal
    const { txid, index } = account.outpoint
    const own = transaction.inputs.findIndex(({ prevout }) => prevout.txid === txid && prevout.index === index)
    const signed = what === 'transaction' ? { ...transaction, outputs: transaction.outputs.slice(1) } : transaction
    const cache = new SighashCache(signed, asked.request.prevOutputs)
    const input = what === 'input' ? (own + 1) % transaction.inputs.length : own
    const digest = what === 'digest' ? new Uint8Array(32).fill(1) : cache.segwitV0(input, output.witnessScript)
    const base = mallory.node.node.keys.secret({ family: ACCOUNT_KEY_FAMILY, index: account.keyIndex })
    const secret = what === 'base key' ? base : tweakSecret(base, output.traderTweak)
    return { ...reply, accountSigs: new Map([[account.key, derEncode(signEcdsa(digest, secret))]]) }
  }
}

const others = (key: AccountKey, reply: SignReply): ReadonlyMap<AccountKey, Uint8Array> =>
  new Map([[key, [...reply.accountSigs.values()][0] ?? new Uint8Array()]])

const serverNonce = ({ mallory }: Crime): Uint8Array => fromHex(mallory.key + mallory.key)

/** Signatures, nonces and what is said of channels. */
export const SIGNATURE_DEEDS: readonly Misdeed[] = [
  sig(['a bit of the signature flipped', 'badSignature', V0], flipped),
  sig(['a signature of zeros', 'badSignature', V0], (one) => one.map(() => 0)),
  sig(['an empty signature', 'badSignature', V0], () => new Uint8Array()),
  sig(['a signature without its first byte', 'badSignature', V0], (one) => one.subarray(1)),
  sig(['a signature without its last byte', 'badSignature', V0], (one) => one.subarray(0, -1)),
  sig(['a signature with a sighash byte', 'badSignature', V0], (one) => Uint8Array.of(...one, 1)),
  sig(['a signature that allows any outputs', 'badSignature', V0], (one) => Uint8Array.of(...one, 2)),
  sig(['a signature with a high s', 'badSignature', V0], highS),
  sig(['a signature in 64 bytes', 'badSignature', V0], () => new Uint8Array(64).fill(1)),
  sig(['a signature of a megabyte', 'badSignature', V0], () => new Uint8Array(1 << 20).fill(0x30)),
  signing(['a signature for another transaction', 'badSignature', V0], elsewhere('transaction')),
  signing(['a signature for another input', 'badSignature', V0], elsewhere('input')),
  signing(['a signature of the untweaked key', 'badSignature', V0], elsewhere('base key')),
  signing(['a signature for a digest of its own', 'badSignature', V0], elsewhere('digest')),
  signing(['no signature at all', 'badSignature', V0], (reply) => ({ ...reply, accountSigs: new Map() })),
  signing(["a signature under another's key alone", 'badSignature', V0], (reply, crime) => ({
    ...reply,
    accountSigs: others(crime.bob.key, reply),
  })),
  signing(["a signature for another's account beside her own", 'none', { ...V0, harmless: true }], (reply, crime) => ({
    ...reply,
    accountSigs: new Map([...reply.accountSigs, ...others(crime.bob.key, reply)]),
  })),

  sig(['a bit of the partial signature flipped', 'badSignature'], flipped),
  sig(['a partial signature of zeros', 'badSignature'], (one) => one.map(() => 0)),
  sig(['a partial signature above the order', 'badSignature'], (one) => one.map(() => 0xff)),
  sig(['a partial signature of 31 bytes', 'badSignature'], (one) => one.subarray(1)),
  sig(['a partial signature of 64 bytes', 'badSignature'], (one) => Uint8Array.of(...one, ...one)),
  signing(['no partial signature', 'badSignature'], (reply) => ({ ...reply, accountSigs: new Map() })),
  nonce(['a bit of the nonce flipped', 'badSignature'], flipped),
  nonce(['a nonce of zeros', 'badNonce'], (one) => one.map(() => 0)),
  nonce(['a nonce of noise', 'badNonce'], (one) => one.map(() => 0xff)),
  nonce(['a nonce of 65 bytes', 'badNonce'], (one) => one.subarray(1)),
  nonce(['a nonce with its halves swapped', 'badSignature'], (one) =>
    Uint8Array.of(...one.subarray(33), ...one.subarray(0, 33)),
  ),
  nonce(['half a nonce', 'badNonce'], (one) => one.map((byte, i) => (i < 33 ? byte : 0))),
  nonce(['two keys for a nonce', 'badSignature'], (_, crime) => serverNonce(crime)),
  signing(['no nonce', 'badNonce'], (reply) => ({ ...reply, traderNonces: new Map() })),
  signing(["the auctioneer's nonce negated, so that the sum is nothing", 'badSignature'], (reply, crime) => ({
    ...reply,
    traderNonces: each(reply.traderNonces, () => negated(lastServerNonce(crime))),
  })),
  signing(["the auctioneer's own nonce", 'badSignature'], (reply, crime) => ({
    ...reply,
    traderNonces: each(reply.traderNonces, () => lastServerNonce(crime)),
  })),

  signing(
    ['no word of the channel', 'channelInfoMissing'],
    (reply) => ({ ...reply, channelInfos: new Map() }),
    'channels',
  ),
  signing(
    ['a word of another channel', 'channelInfoMissing'],
    (reply) => ({
      ...reply,
      channelInfos: new Map([...reply.channelInfos].map(([, one]) => [`${'00'.repeat(32)}:0` as OutPointText, one])),
    }),
    'channels',
  ),
  signing(
    ['words of ten thousand channels', 'none', { harmless: true }],
    (reply) => {
      const [one] = [...reply.channelInfos.values()]
      const many = Array.from({ length: 10_000 }, (_, i) => [`${'00'.repeat(32)}:${i}` as OutPointText, one] as const)
      return {
        ...reply,
        channelInfos: new Map([...reply.channelInfos, ...many.flatMap(([k, v]) => (v ? [[k, v] as const] : []))]),
      }
    },
    'channels',
  ),
  info(['another channel type', 'channelInfoMismatch'], (one) => ({ ...one, type: 'anchors' })),
  info(['simple taproot instead', 'channelInfoMismatch'], (one) => ({ ...one, type: 'simpleTaproot' })),
  info(['another node of her own', 'channelInfoMismatch'], (one) => ({ ...one, localNodeKey: nodeKey(STRANGER) })),
  info(["another node of the other's", 'channelInfoMismatch'], (one) => ({ ...one, remoteNodeKey: nodeKey(STRANGER) })),
  info(['the two nodes swapped', 'channelInfoMismatch'], (one) => ({
    ...one,
    localNodeKey: one.remoteNodeKey,
    remoteNodeKey: one.localNodeKey,
  })),
  info(['another base point of her own', 'channelInfoMismatch'], (one) => ({
    ...one,
    localPaymentBasePoint: STRANGER,
  })),
  info(["another base point of the other's", 'channelInfoMismatch'], (one) => ({
    ...one,
    remotePaymentBasePoint: STRANGER,
  })),
]

/** What the auctioneer asked mallory to sign with. */
function lastServerNonce({ heard }: Crime): Uint8Array {
  const asked = heard.findLast((message) => message.kind === 'signBegin')
  return [...(asked?.request.serverNonces.values() ?? [])][0] ?? new Uint8Array(66)
}

const negated = (nonce: Uint8Array): Uint8Array =>
  Uint8Array.of(...pointNegate(nonce.subarray(0, 33)), ...pointNegate(nonce.subarray(33)))
