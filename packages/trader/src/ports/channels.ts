import type { NodeKey, OutPoint, Satoshi } from '@tidepool/crypto'
import type { CommitmentType } from '@tidepool/market'
import type { ChannelAnswer, ChannelQuestion } from '../core/acceptorRules.ts'
import type { ChannelShim } from '../core/channelShim.ts'

/** What lnd says about itself, read at start. */
export interface NodeInfo {
  readonly nodeKey: NodeKey
  /** `host:port` of every advertised address. */
  readonly addresses: readonly string[]
  readonly version: { readonly major: number; readonly minor: number; readonly patch: number }
  readonly features: ReadonlySet<number>
}

export interface OpenRequest {
  readonly peer: NodeKey
  readonly shim: ChannelShim
  readonly push: Satoshi
  readonly commitment: CommitmentType
  readonly unannounced: boolean
  readonly zeroConf: boolean
}

/** A channel as lnd lists it, pending or open. */
export interface KnownChannel {
  readonly outpoint: OutPoint
  readonly peer: NodeKey
  readonly pending: boolean
  /** As in the shim; 0 when lnd does not say (pending channels). */
  readonly thawHeight: number
  /** Height of the funding, 0 while unconfirmed. */
  readonly fundingHeight: number
}

export interface PeerEvent {
  readonly node: NodeKey
  /** Whether it came. */
  readonly online: boolean
}

/** Peers and channels of lnd. */
export interface Channels {
  connectPeer(node: NodeKey, address: string, timeoutSeconds: number): Promise<void>
  onlinePeers(): Promise<ReadonlySet<NodeKey>>
  /** Nodes that come and go; subscribes before it returns. */
  peerEvents(signal: AbortSignal): AsyncIterable<PeerEvent>
  /** `taken` when one is registered under this id already: it stays, and would be used in place of this. */
  registerShim(shim: ChannelShim): Promise<'registered' | 'taken'>
  /** Nothing registered counts as done. */
  cancelShim(pendingChannelId: Uint8Array): Promise<void>
  /** Outpoint of the channel once both commitments are signed. Throws with lnd's text when it fails. */
  openChannel(request: OpenRequest, signal: AbortSignal): Promise<OutPoint>
  /** `unknown` when lnd never had it, `confirmed` when it is not pending any more. */
  abandonChannel(outpoint: OutPoint, even: 'pendingOnly' | 'zeroConf'): Promise<'abandoned' | 'unknown' | 'confirmed'>
  /** Outpoints that become pending or open; subscribes before it returns. */
  channelsAppearing(signal: AbortSignal): AsyncIterable<OutPoint>
  knownChannels(): Promise<readonly KnownChannel[]>
  /** Encrypted single-channel backup. */
  channelBackup(outpoint: OutPoint): Promise<Uint8Array>
  /** Answers every incoming channel until the stream breaks (throws) or the signal ends it. */
  acceptChannels(judge: (question: ChannelQuestion) => ChannelAnswer, signal: AbortSignal): Promise<void>
}
