import type { AccountKey, BatchKey, BlockHeight, OutPoint, PubKey, Satoshi } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'

/** An account as an auctioneer tells it to a recovering trader. */
export interface RemoteAccount {
  readonly traderKey: AccountKey
  readonly auctioneerKey: PubKey
  /** Tweaks the current output. */
  readonly batchKey: BatchKey
  readonly value: Satoshi
  readonly expiry: BlockHeight
  readonly version: AccountVersion
  readonly heightHint: BlockHeight
  readonly state:
    | 'pendingOpen'
    | 'open'
    | 'expired'
    | 'pendingUpdate'
    | 'closed'
    | 'pendingBatch'
    | 'expiredPendingUpdate'
  /** undefined for a reservation. */
  readonly outpoint: OutPoint | undefined
  /** Serialised; empty for a reservation. */
  readonly latestTx: Uint8Array
}
