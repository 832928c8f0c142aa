import { ClmError } from '@tidepool/crypto'
import type { ChannelKeys } from './channel.ts'
import type { ChannelType } from './channelType.ts'

/** open_channel, as far as the other side acts on it. */
export interface OpenMessage {
  readonly from: string
  readonly pendingId: string
  readonly amount: bigint
  readonly push: bigint
  readonly private: boolean
  readonly type: ChannelType
  readonly zeroConf: boolean
  /** Only with script-enforced leases. */
  readonly leaseExpiry: number | undefined
  readonly keys: ChannelKeys
  readonly aliasScid: bigint
}

/** accept_channel */
export interface AcceptMessage {
  readonly keys: ChannelKeys
  readonly depth: number
  readonly aliasScid: bigint
}

/** funding_created: the outpoint, and the script the opener's commitment signature is good for. */
export interface CreatedMessage {
  readonly from: string
  readonly pendingId: string
  readonly txid: string
  readonly index: number
  readonly signedScript: Uint8Array
}

export const INTERNAL = 'funding failed due to internal error'

export type FundingErrorDetail =
  /** The responder ends a channel opening with this text; trying again helps when the text says so. */
  { readonly code: 'FUNDING_REFUSED' }

/** An error message of the Lightning protocol. Only acceptor texts and a few of lnd's own travel; the rest is internal. */
export class FundingRefused extends ClmError<FundingErrorDetail> {
  constructor(text: string) {
    super({ code: 'FUNDING_REFUSED' }, text)
  }
}
