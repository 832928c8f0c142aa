import { formatOutPoint } from '@tidepool/crypto'
import type { OutPointText } from '@tidepool/crypto'
import type {
  BatchChannel,
  ChannelInfo,
  ChannelInfoType,
  CommitmentType,
  ConstructedBatch,
  SignReply,
  StreamId,
} from '@tidepool/market'
import type { Failure } from './exclusions.ts'

/**
 * Compares what maker and taker say of each channel (Pool chaninfo/channel_info.go). A stock trader whose channels all
 * failed signs without infos instead of rejecting, so a missing info means that the pair's funding failed.
 */
export function checkChannelInfos(
  batch: ConstructedBatch,
  replies: ReadonlyMap<StreamId, SignReply>,
): readonly Failure[] {
  return batch.channels.flatMap((channel) => checkChannel(batch, channel, replies))
}

/** The type both sides reported, by channel. */
export function reportedTypes(
  batch: ConstructedBatch,
  replies: ReadonlyMap<StreamId, SignReply>,
): ReadonlyMap<OutPointText, ChannelInfoType> {
  const types = new Map<OutPointText, ChannelInfoType>()
  for (const channel of batch.channels) {
    const key = formatOutPoint(channel.outpoint)
    const stream = batch.accounts.get(channel.match.ask.order.accountKey)?.stream.id
    const info = stream === undefined ? undefined : replies.get(stream)?.channelInfos.get(key)
    if (info !== undefined) types.set(key, info.type)
  }
  return types
}

function checkChannel(
  batch: ConstructedBatch,
  channel: BatchChannel,
  replies: ReadonlyMap<StreamId, SignReply>,
): readonly Failure[] {
  const { ask, bid, commitment } = channel.match
  const key = formatOutPoint(channel.outpoint)
  const maker = sideOf(batch, ask.order.accountKey, key, replies)
  const taker = sideOf(batch, bid.order.accountKey, key, replies)
  if (maker === undefined || taker === undefined) return []
  const pair = { own: ask.order.nodeKey, other: bid.order.nodeKey }
  const missing = [maker, taker].filter((side) => side.info === undefined)
  if (missing.length > 0 || maker.info === undefined || taker.info === undefined) {
    return missing.map((side) => ({ kind: 'channelInfoMissing', stream: side.stream, pair, channel: key }))
  }
  const what = difference(maker.info, taker.info, pair, commitment)
  return what === undefined ? [] : [{ kind: 'channelInfoMismatch', stream: maker.stream, pair, channel: key, what }]
}

function sideOf(
  batch: ConstructedBatch,
  accountKey: BatchChannel['match']['ask']['order']['accountKey'],
  channel: OutPointText,
  replies: ReadonlyMap<StreamId, SignReply>,
): { readonly stream: StreamId; readonly info: ChannelInfo | undefined } | undefined {
  const stream = batch.accounts.get(accountKey)?.stream.id
  return stream === undefined ? undefined : { stream, info: replies.get(stream)?.channelInfos.get(channel) }
}

function difference(
  maker: ChannelInfo,
  taker: ChannelInfo,
  nodes: { readonly own: ChannelInfo['localNodeKey']; readonly other: ChannelInfo['localNodeKey'] },
  commitment: CommitmentType,
): string | undefined {
  if (maker.type !== taker.type) return 'type'
  if (!typeFits(maker.type, commitment)) return 'commitment'
  if (maker.localNodeKey !== taker.remoteNodeKey || maker.localNodeKey !== nodes.own) return 'maker node'
  if (taker.localNodeKey !== maker.remoteNodeKey || taker.localNodeKey !== nodes.other) return 'taker node'
  if (maker.localPaymentBasePoint !== taker.remotePaymentBasePoint) return 'maker payment base point'
  if (taker.localPaymentBasePoint !== maker.remotePaymentBasePoint) return 'taker payment base point'
  return undefined
}

/** What the nodes negotiate for an unspecified type is theirs. */
function typeFits(type: ChannelInfoType, commitment: CommitmentType): boolean {
  return commitment === 'unspecified' ? type !== 'scriptEnforcedLease' : type === commitment
}
