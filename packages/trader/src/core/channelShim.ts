import type { NodeKey, OrderNonce, OutPoint, PubKey, Satoshi } from '@tidepool/crypto'
import type { CommitmentType, NodeAddress } from '@tidepool/market'
import { FUNDING_KEY_FAMILY } from './orderRecord.ts'
import type { OrderRecord } from './orderRecord.ts'
import type { ExpectedChannel } from './verify/verdict.ts'

/** A key of ours with its place in lnd's wallet. */
export interface LocalKey {
  readonly key: PubKey
  readonly family: number
  readonly index: number
}

/** What both lnds must know of one channel before it is opened. spec lnd §11.1, Pool funding/manager.go */
export interface ChannelShim {
  readonly pendingChannelId: Uint8Array
  readonly capacity: Satoshi
  readonly outpoint: OutPoint
  readonly localKey: LocalKey
  readonly remoteKey: PubKey
  /** Absolute height for script-enforced leases, blocks after the funding otherwise. */
  readonly thawHeight: number
  readonly musig2: boolean
}

/** One channel of a batch, from our side. The asker opens, the bidder registers the shim beforehand. */
export interface LeasedChannel {
  readonly role: 'asker' | 'bidder'
  readonly ownNonce: OrderNonce
  readonly counterpartNonce: OrderNonce
  readonly peer: NodeKey
  readonly peerAddresses: readonly NodeAddress[]
  readonly shim: ChannelShim
  /** Self channel balance of the bid, given to the bidder in the first state. */
  readonly push: Satoshi
  readonly commitment: CommitmentType
  readonly unannounced: boolean
  readonly zeroConf: boolean
}

/** The channel of one verified match; `record` is our order in it. */
export function leasedChannel(expected: ExpectedChannel, record: OrderRecord): LeasedChannel {
  return {
    role: expected.role,
    ownNonce: expected.ownNonce,
    counterpartNonce: expected.counterpartNonce,
    peer: expected.counterpart.nodeKey,
    peerAddresses: expected.counterpart.nodeAddresses,
    shim: {
      pendingChannelId: expected.pendingChannelId,
      capacity: expected.value,
      outpoint: expected.outpoint,
      localKey: { key: expected.localKey, family: FUNDING_KEY_FAMILY, index: record.fundingKeyIndex },
      remoteKey: expected.remoteKey,
      thawHeight: expected.thawHeight,
      musig2: expected.commitmentType === 'simpleTaproot',
    },
    push: expected.pushAmount,
    commitment: expected.commitmentType,
    unannounced: expected.unannounced,
    zeroConf: expected.zeroConf,
  }
}
