import type { KeyLocator } from '../keys/keyRing.ts'
import type { ChannelType } from './channelType.ts'

/** Keys a side contributes, in the order of a channel backup. */
export interface ChannelKeys {
  readonly multiSig: Uint8Array
  readonly revocation: Uint8Array
  readonly payment: Uint8Array
  readonly delay: Uint8Array
  readonly htlc: Uint8Array
}

export type ChannelKeyLocators = { readonly [K in keyof ChannelKeys]: KeyLocator } & {
  readonly revocationRoot: KeyLocator
}

export interface LocalKeys {
  readonly keys: ChannelKeys
  readonly locators: ChannelKeyLocators
}

/** `txid:index`, txid in display order. */
export type ChannelPointText = string

/** One node's view of a channel. Survives restarts. */
export interface Channel {
  readonly point: ChannelPointText
  readonly txid: string
  readonly index: number
  readonly peer: string
  readonly pendingId: string
  readonly initiator: boolean
  readonly type: ChannelType
  readonly capacity: bigint
  readonly push: bigint
  readonly private: boolean
  readonly zeroConf: boolean
  /** As the own shim gave it; 0 without a shim. */
  readonly thawHeight: number
  readonly local: LocalKeys
  readonly remote: ChannelKeys
  /** What lnd expects the output to be locked by. */
  readonly fundingScript: Uint8Array
  readonly depth: number
  readonly broadcastHeight: number
  readonly aliasScid: bigint
  peerAliasScid: bigint
  state: 'pending' | 'open'
  active: boolean
  /** Height and position of the funding transaction; undefined until mined. */
  confirmed: { readonly height: number; readonly position: number } | undefined
}

/** A channel that is gone. */
export interface ClosedChannel {
  readonly channel: Channel
  readonly closeType:
    | 'ABANDONED'
    | 'FUNDING_CANCELED'
    | 'COOPERATIVE_CLOSE'
    | 'LOCAL_FORCE_CLOSE'
    | 'REMOTE_FORCE_CLOSE'
  readonly closeHeight: number
  readonly closingTxid: string
  readonly settledBalance: bigint
  readonly closedByUs: boolean
}
