import { fromHex, nodeKey } from '@tidepool/crypto'
import type { NodeKey, OutPoint } from '@tidepool/crypto'
import type { CommitmentType } from '@tidepool/market'
import {
  LndError,
  asLnd,
  channelPointFromLnd,
  channelPointFromText,
  channelPointToLnd,
  pendingUpdateFromLnd,
  streamOfLnd,
  tolerating,
} from '@tidepool/rpc'
import type { LndClients, lnrpc } from '@tidepool/rpc'
import type { ChannelAnswer, ChannelQuestion } from '../../core/acceptorRules.ts'
import type { ChannelShim } from '../../core/channelShim.ts'
import type { Channels, KnownChannel, OpenRequest, PeerEvent } from '../../ports/channels.ts'
import { acceptChannels } from './acceptor.ts'
import { shimToLnd } from './convert.ts'

const COMMITMENT_TO_LND: Readonly<Record<CommitmentType, lnrpc.CommitmentType>> = {
  unspecified: 'UNKNOWN_COMMITMENT_TYPE',
  scriptEnforcedLease: 'SCRIPT_ENFORCED_LEASE',
  simpleTaproot: 'SIMPLE_TAPROOT',
}

/** Short channel ids carry the block of the funding in their upper bits. */
const HEIGHT_SHIFT = 40n
/** Alias ids of zero-conf channels begin here; they say nothing about a block. lnd aliasmgr */
const FIRST_ALIAS_HEIGHT = 16_000_000

/** lnd's peers and channels behind the port. */
export class LndChannels implements Channels {
  readonly #lnd: LndClients

  constructor(lnd: LndClients) {
    this.#lnd = lnd
  }

  async connectPeer(node: NodeKey, address: string, timeoutSeconds: number): Promise<void> {
    const addr = { pubkey: node, host: address }
    const options = { deadlineMs: timeoutSeconds * 1000 + 5000 }
    const request = { addr, perm: false, timeout: BigInt(timeoutSeconds) }
    await tolerating(['LND_PEER_CONNECTED'], this.#lnd.lightning.connectPeer(request, options))
  }

  async onlinePeers(): Promise<ReadonlySet<NodeKey>> {
    const { peers } = await asLnd(this.#lnd.lightning.listPeers({}))
    return new Set(peers.map((peer) => nodeKey(peer.pubKey)))
  }

  peerEvents(signal: AbortSignal): AsyncIterable<PeerEvent> {
    const stream = this.#lnd.lightning.subscribePeerEvents({}, { signal })
    return mapped(stream, ({ pubKey, type }) => ({ node: nodeKey(pubKey), online: type === 'PEER_ONLINE' }))
  }

  async registerShim(shim: ChannelShim): Promise<'registered' | 'taken'> {
    const trigger = { case: 'shimRegister', value: shimToLnd(shim) } as const
    try {
      await asLnd(this.#lnd.lightning.fundingStateStep({ trigger }))
      return 'registered'
    } catch (error) {
      if (error instanceof LndError && error.code === 'LND_DUPLICATE_SHIM') return 'taken'
      throw error
    }
  }

  async cancelShim(pendingChannelId: Uint8Array): Promise<void> {
    const value = { pendingChanId: pendingChannelId }
    const cancelled = this.#lnd.lightning.fundingStateStep({ trigger: { case: 'shimCancel', value } })
    await tolerating(['LND_NO_SHIM'], cancelled)
  }

  /** The channel stays when the call is dropped after `chan_pending`. */
  async openChannel(request: OpenRequest, signal: AbortSignal): Promise<OutPoint> {
    const stream = this.#lnd.lightning.openChannel(
      {
        nodePubkey: fromHex(request.peer),
        localFundingAmount: request.shim.capacity,
        pushSat: request.push,
        private: request.unannounced,
        zeroConf: request.zeroConf,
        commitmentType: COMMITMENT_TO_LND[request.commitment],
        fundingShim: shimToLnd(request.shim),
      },
      { signal },
    )
    for await (const { update } of streamOfLnd(stream)) {
      if (update?.case === 'chanPending') return pendingUpdateFromLnd(update.value)
    }
    throw new Error('lnd ended the opening of a channel without a word')
  }

  async abandonChannel(
    outpoint: OutPoint,
    even: 'pendingOnly' | 'zeroConf',
  ): Promise<'abandoned' | 'unknown' | 'confirmed'> {
    const flag = even === 'zeroConf' ? { iKnowWhatIAmDoing: true } : { pendingFundingShimOnly: true }
    try {
      await asLnd(this.#lnd.lightning.abandonChannel({ channelPoint: channelPointToLnd(outpoint), ...flag }))
      return 'abandoned'
    } catch (error) {
      if (error instanceof LndError && error.code === 'LND_CHANNEL_UNKNOWN') return 'unknown'
      if (error instanceof LndError && error.code === 'LND_CHANNEL_NOT_PENDING') return 'confirmed'
      throw error
    }
  }

  channelsAppearing(signal: AbortSignal): AsyncIterable<OutPoint> {
    return mapped(this.#lnd.lightning.subscribeChannelEvents({}, { signal }), ({ channel }) => {
      switch (channel?.case) {
        case 'pendingOpenChannel':
          return pendingUpdateFromLnd(channel.value)
        case 'openChannel':
          return channelPointFromText(channel.value.channelPoint)
        case 'activeChannel':
          return channelPointFromLnd(channel.value)
        default:
          return undefined
      }
    })
  }

  async knownChannels(): Promise<readonly KnownChannel[]> {
    const [pending, open] = await Promise.all([
      asLnd(this.#lnd.lightning.pendingChannels({})),
      asLnd(this.#lnd.lightning.listChannels({})),
    ])
    return [
      ...pending.pendingOpenChannels.flatMap(({ channel }) => (channel === undefined ? [] : [pendingKnown(channel)])),
      ...open.channels.map(openKnown),
    ]
  }

  async channelBackup(outpoint: OutPoint): Promise<Uint8Array> {
    const chanPoint = channelPointToLnd(outpoint)
    return (await asLnd(this.#lnd.lightning.exportChannelBackup({ chanPoint }))).chanBackup
  }

  acceptChannels(judge: (question: ChannelQuestion) => ChannelAnswer, signal: AbortSignal): Promise<void> {
    return acceptChannels(this.#lnd, judge, signal)
  }
}

const pendingKnown = (channel: lnrpc.PendingChannelsResponse_PendingChannel): KnownChannel => ({
  outpoint: channelPointFromText(channel.channelPoint),
  peer: nodeKey(channel.remoteNodePub),
  pending: true,
  thawHeight: 0,
  fundingHeight: 0,
})

function openKnown(channel: lnrpc.Channel): KnownChannel {
  const height = Number(channel.chanId >> HEIGHT_SHIFT)
  const confirmed = Number(channel.zeroConfConfirmedScid >> HEIGHT_SHIFT)
  return {
    outpoint: channelPointFromText(channel.channelPoint),
    peer: nodeKey(channel.remotePubkey),
    pending: false,
    thawHeight: channel.thawHeight,
    fundingHeight: height < FIRST_ALIAS_HEIGHT ? height : confirmed,
  }
}

/** Values of a stream, those without a meaning for us left out. */
async function* mapped<T, U>(stream: AsyncIterable<T>, map: (value: T) => U | undefined): AsyncIterable<U> {
  for await (const value of streamOfLnd(stream)) {
    const out = map(value)
    if (out !== undefined) yield out
  }
}
