import {
  accountKey,
  batchId,
  nodeKey,
  parseOutPoint,
  formatOutPoint,
  pubKey,
  txidFromBytes,
  txidToBytes,
  type BatchId,
  type OutPointText,
  type TxList,
  type TxOutput,
  type Txid,
} from '@tidepool/crypto'
import type { ChannelInfo, ChannelInfoType, SignReply, SignRequest } from '@tidepool/market'
import { Encoded, encodedField } from '../codec/encoded.ts'
import { encodeMessage } from '../codec/message.ts'
import type { poolrpc } from '../gen/packages.ts'
import { badField, inField, named } from './errors.ts'
import { hexMapFromWire, keyToWire, mapToWire, txOutputsFromWire, txOutputToWire } from './primitives.ts'

const CHANNEL_INFO_TYPE_FROM_WIRE = {
  TWEAKLESS: 'tweakless',
  ANCHORS: 'anchors',
  SCRIPT_ENFORCED_LEASE: 'scriptEnforcedLease',
  SIMPLE_TAPROOT: 'simpleTaproot',
} as const satisfies Record<poolrpc.ChannelType, ChannelInfoType>

const CHANNEL_INFO_TYPE_TO_WIRE = {
  tweakless: 'TWEAKLESS',
  anchors: 'ANCHORS',
  scriptEnforcedLease: 'SCRIPT_ENFORCED_LEASE',
  simpleTaproot: 'SIMPLE_TAPROOT',
} as const satisfies Record<ChannelInfoType, poolrpc.ChannelType>

/** Two public MuSig2 nonces. */
const NONCE_BYTES = 66

function nonce(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== NONCE_BYTES) throw badField('nonce', `expected ${NONCE_BYTES} bytes, got ${bytes.length}`)
  return bytes
}

const same = <T>(value: T): T => value

/** @throws ConvertError BAD_FIELD */
export const signRequestFromWire = (message: poolrpc.OrderMatchSignBegin): SignRequest => ({
  batchId: inField('batch_id', () => batchId(message.batchId)),
  serverNonces: hexMapFromWire('server_nonces', message.serverNonces, accountKey, nonce),
  prevOutputs: txOutputsFromWire('prev_outputs', message.prevOutputs),
})

export const signRequestToWire = (request: SignRequest): poolrpc.OrderMatchSignBeginInit => ({
  batchId: keyToWire(request.batchId),
  serverNonces: mapToWire(request.serverNonces, same),
  prevOutputs: request.prevOutputs.map(txOutputToWire),
})

/** Number of `sign` in a `ServerAuctionMessage`. */
const SIGN_FIELD = 5
/** All traders of a batch are told the same outputs. */
const encodedOutputs = new WeakMap<TxList<TxOutput>, Uint8Array>()

/** A SignBegin as the stream carries it; what is the same for every trader is encoded once. */
export function encodeSignRequest(request: SignRequest): Encoded {
  const { prevOutputs } = request
  let outputs = encodedOutputs.get(prevOutputs)
  if (outputs === undefined) {
    outputs = encodeMessage('poolrpc.OrderMatchSignBegin', { prevOutputs: prevOutputs.map(txOutputToWire) })
    encodedOutputs.set(prevOutputs, outputs)
  }
  const own = signRequestToWire({ ...request, prevOutputs: [] })
  return new Encoded(encodedField(SIGN_FIELD, encodeMessage('poolrpc.OrderMatchSignBegin', own), outputs))
}

const channelInfoFromWire = (info: poolrpc.ChannelInfo): ChannelInfo => ({
  type: named('type', CHANNEL_INFO_TYPE_FROM_WIRE, info.type),
  localNodeKey: inField('local_node_key', () => nodeKey(info.localNodeKey)),
  remoteNodeKey: inField('remote_node_key', () => nodeKey(info.remoteNodeKey)),
  localPaymentBasePoint: inField('local_payment_base_point', () => pubKey(info.localPaymentBasePoint)),
  remotePaymentBasePoint: inField('remote_payment_base_point', () => pubKey(info.remotePaymentBasePoint)),
})

const channelInfoToWire = (info: ChannelInfo): poolrpc.ChannelInfoInit => ({
  type: CHANNEL_INFO_TYPE_TO_WIRE[info.type],
  localNodeKey: keyToWire(info.localNodeKey),
  remoteNodeKey: keyToWire(info.remoteNodeKey),
  localPaymentBasePoint: keyToWire(info.localPaymentBasePoint),
  remotePaymentBasePoint: keyToWire(info.remotePaymentBasePoint),
})

/** @throws ConvertError BAD_FIELD */
export function signReplyFromWire(message: poolrpc.OrderMatchSign): SignReply {
  const channelInfos = new Map<OutPointText, ChannelInfo>()
  for (const [text, info] of message.channelInfos) {
    const at = `channel_infos[${text}]`
    channelInfos.set(
      inField(at, () => formatOutPoint(parseOutPoint(text))),
      inField(at, () => channelInfoFromWire(info)),
    )
  }
  return {
    batchId: inField('batch_id', () => batchId(message.batchId)),
    accountSigs: hexMapFromWire('account_sigs', message.accountSigs, accountKey, same),
    traderNonces: hexMapFromWire('trader_nonces', message.traderNonces, accountKey, nonce),
    channelInfos,
  }
}

export const signReplyToWire = (reply: SignReply): poolrpc.OrderMatchSignInit => ({
  batchId: keyToWire(reply.batchId),
  accountSigs: mapToWire(reply.accountSigs, same),
  traderNonces: mapToWire(reply.traderNonces, same),
  channelInfos: mapToWire(reply.channelInfos, channelInfoToWire),
})

/** A final batch. */
export interface FinalizedBatch {
  readonly batchId: BatchId
  readonly txid: Txid
}

/** @throws ConvertError BAD_FIELD */
export const finalizeFromWire = (message: poolrpc.OrderMatchFinalize): FinalizedBatch => ({
  batchId: inField('batch_id', () => batchId(message.batchId)),
  txid: inField('batch_txid', () => txidFromBytes(message.batchTxid)),
})

export const finalizeToWire = (batch: FinalizedBatch): poolrpc.OrderMatchFinalizeInit => ({
  batchId: keyToWire(batch.batchId),
  batchTxid: txidToBytes(batch.txid),
})
