import { accountKey, formatOutPoint, nodeKey, orderNonce, parseOutPoint, pubKey, sha256, toHex } from '@tidepool/crypto'
import type { AccountKey, NodeKey, OutPoint, OutPointText, PubKey } from '@tidepool/crypto'
import { decodeMessage, outPointFromWire } from '@tidepool/rpc'
import type { poolrpc } from '@tidepool/rpc'
import { changeFacts } from './changeFacts.ts'
import type { ChangeFact } from './changeFacts.ts'
import { clientMessage } from './messages.ts'
import type { RecordedMessage, Recording } from './recording.ts'

/** One order as the recorded daemon sent it. */
export interface OrderFact {
  readonly nonce: string
  readonly fundingKey: PubKey
}

/** What lnd said of one channel. */
export type ChannelFact = poolrpc.ChannelInfo

/** What a recorded trader's lnd holds or once answered, gathered from what the trader sent. */
export interface TraderFacts {
  readonly nodeKey: NodeKey
  readonly nodeAddress: string
  /** In order of reservation. */
  readonly accountKeys: readonly AccountKey[]
  /** The output that each account was opened with. */
  readonly fundings: ReadonlyMap<AccountKey, OutPoint>
  /** Over messages of any kind, by account. */
  readonly signatures: ReadonlyMap<AccountKey, readonly Uint8Array[]>
  /** For MuSig2, by account and signature. */
  readonly nonces: ReadonlyMap<string, Uint8Array>
  /** Nonces of handshakes by account, in order. */
  readonly handshakeNonces: readonly Uint8Array[]
  /** By order nonce; only of canceled orders. */
  readonly preimages: ReadonlyMap<string, Uint8Array>
  readonly channels: ReadonlyMap<OutPointText, ChannelFact>
  /** In order. */
  readonly changes: readonly ChangeFact[]
}

interface Draft {
  nodeKey: NodeKey | undefined
  nodeAddress: string
  readonly accountKeys: AccountKey[]
  readonly fundings: Map<AccountKey, OutPoint>
  readonly signatures: Map<AccountKey, Uint8Array[]>
  readonly nonces: Map<string, Uint8Array>
  readonly handshakeNonces: Uint8Array[]
  readonly preimages: Map<string, Uint8Array>
  readonly channels: Map<OutPointText, ChannelFact>
}

/** Only orders name the node; without one it does not matter which it is. */
const UNNAMED = nodeKey('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798')

export function traderFacts(trader: string, recordings: readonly Recording[]): TraderFacts {
  const draft: Draft = {
    nodeKey: undefined,
    nodeAddress: '',
    accountKeys: [],
    fundings: new Map(),
    signatures: new Map(),
    nonces: new Map(),
    handshakeNonces: [],
    preimages: new Map(),
    channels: new Map(),
  }
  const sent = recordings.flatMap(({ events }) => events.filter((event) => event.kind === 'message'))
  for (const message of sent) if (message.trader === trader && message.from === 'trader') learn(draft, message)
  return { ...draft, nodeKey: draft.nodeKey ?? UNNAMED, changes: changeFacts(trader, recordings) }
}

function learn(draft: Draft, message: RecordedMessage): void {
  switch (message.rpc) {
    case 'ReserveAccount': {
      const { traderKey } = decodeMessage('poolrpc.ReserveAccountRequest', message.raw)
      draft.accountKeys.push(accountKey(traderKey))
      return
    }
    case 'InitAccount': {
      const { traderKey, accountPoint } = decodeMessage('poolrpc.ServerInitAccountRequest', message.raw)
      if (accountPoint !== undefined) draft.fundings.set(accountKey(traderKey), outPointFromWire(accountPoint))
      return
    }
    case 'CancelOrder': {
      const { orderNoncePreimage } = decodeMessage('poolrpc.ServerCancelOrderRequest', message.raw)
      draft.preimages.set(toHex(sha256(orderNoncePreimage)), orderNoncePreimage)
      return
    }
    case 'SubmitOrder':
      return learnOrder(draft, message)
    case 'SubscribeBatchAuction':
      return learnFromStream(draft, message)
  }
}

function learnOrder(draft: Draft, message: RecordedMessage): void {
  const details = submittedOrder(message)
  if (details === undefined) return
  draft.nodeKey = nodeKey(details.nodePub)
  draft.nodeAddress = details.nodeAddr[0]?.addr ?? ''
  addSignature(draft, accountKey(details.traderKey), details.orderSig)
}

function learnFromStream(draft: Draft, message: RecordedMessage): void {
  const { msg } = clientMessage(message)
  if (msg?.case === 'subscribe') {
    draft.handshakeNonces.push(msg.value.commitNonce)
    addSignature(draft, accountKey(msg.value.traderKey), msg.value.authSig)
  }
  if (msg?.case !== 'sign') return
  for (const [key, signature] of msg.value.accountSigs) {
    addSignature(draft, accountKey(key), signature)
    const nonce = msg.value.traderNonces.get(key)
    if (nonce !== undefined) draft.nonces.set(toHex(signature), nonce)
  }
  for (const [point, info] of msg.value.channelInfos) draft.channels.set(formatOutPoint(parseOutPoint(point)), info)
}

function addSignature(draft: Draft, key: AccountKey, signature: Uint8Array): void {
  draft.signatures.set(key, [...(draft.signatures.get(key) ?? []), signature])
}

/** The shared details of a recorded SubmitOrder. */
export function submittedOrder(message: RecordedMessage): poolrpc.ServerOrder | undefined {
  return decodeMessage('poolrpc.ServerSubmitOrderRequest', message.raw).details?.value.details
}

export function orderFact(message: RecordedMessage): OrderFact | undefined {
  const details = submittedOrder(message)
  if (details === undefined) return undefined
  return { nonce: orderNonce(details.orderNonce), fundingKey: pubKey(details.multiSigKey) }
}
