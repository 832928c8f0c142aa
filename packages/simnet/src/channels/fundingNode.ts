import type { tidepool } from '@tidepool/rpc'
import type { KeyRing } from '../keys/keyRing.ts'
import type { OneAtATime } from '../util/oneAtATime.ts'
import type { Acceptors } from './acceptors.ts'
import type { Channel } from './channel.ts'
import type { ChannelStore } from './channelStore.ts'
import type { Intents } from './intents.ts'
import type { AcceptMessage, CreatedMessage, OpenMessage } from './fundingWire.ts'

/** The fundee's side of the funding messages. */
export interface Fundee {
  /** @throws FundingRefused */
  onOpenChannel(message: OpenMessage): Promise<AcceptMessage>
  /** @throws FundingRefused */
  onFundingCreated(message: CreatedMessage): Promise<void>
}

/** What opening channels needs of the node it happens on. */
export interface FundingNode {
  readonly pubkey: string
  readonly ring: KeyRing
  readonly store: ChannelStore
  readonly intents: Intents
  readonly acceptors: Acceptors
  /** All funding messages of a node pass through one coordinator. */
  readonly queue: OneAtATime
  /** Confirmations it asks of channels others open. */
  readonly depth: number
  height(): number
  isSynced(): boolean
  /** A channel has its commitments signed. */
  onPending(channel: Channel): void
  /** The connected peer's half, or undefined when it is offline. */
  peer(pubkey: string): Fundee | undefined
  /** Rejects when the connection ends first. */
  whileConnected<T>(pubkey: string, work: Promise<T>): Promise<T>
  /** Satoshis missing from the anchor reserve if one more public channel were opened. */
  missingReserve(publicChannels: number): bigint
  cheating(): tidepool.NodeFaults['funding']
}
