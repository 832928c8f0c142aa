import type { AccountKey, BatchId, BlockCount, BlockHeight, NodeKey, OrderNonce, PubKey, Txid } from '@tidepool/crypto'
import { blockCount } from '@tidepool/crypto'
import type { Account, BatchVersion, FeeSchedule, Order, OrderState, SupplyUnits } from '@tidepool/market'
import type { NextOutputs } from './nextOutputs.ts'

/**
 * Where an account stands. initiated: reserved, not funded. pendingOpen, pendingUpdate, pendingBatch: waits for
 * confirmations of its opening, its last change, its last batch. open: confirmed. expired, expiredPendingUpdate: the
 * expiry height has come. pendingClosed, closed: spent for good. canceledAfterRecovery: never funded.
 */
export type OwnAccountState =
  | 'initiated'
  | 'pendingOpen'
  | 'pendingUpdate'
  | 'open'
  | 'expired'
  | 'pendingClosed'
  | 'closed'
  | 'canceledAfterRecovery'
  | 'pendingBatch'
  | 'expiredPendingUpdate'

/** Who gets the channel of a sidecar bid; from the ticket. */
export interface SidecarRecipient {
  readonly nodeKey: NodeKey
  readonly multiSigKey: PubKey
}

/** An order as the trader stored it, never as the auctioneer tells it. */
export interface OwnOrder {
  readonly order: Order
  readonly state: OrderState
  readonly unitsUnfulfilled: SupplyUnits
  /** Execution fee terms the order was quoted when submitted. */
  readonly terms: FeeSchedule
  /** Sidecar bids only. */
  readonly sidecarRecipient?: SidecarRecipient
}

export interface OwnAccount {
  readonly account: Account
  readonly state: OwnAccountState
}

export interface VerifyLimits {
  /** Farthest a batch may push an account's expiry beyond the best height; the trader's setting. */
  readonly maxExpiryAhead: BlockCount
  /** `Terms.auto_renew_extension_blocks`, when known: a second bound, with three blocks of slack. */
  readonly autoRenewExtension?: BlockCount
  /** Blocks an account must still have before its expiry. */
  readonly expiryMargin: BlockCount
}

/** A year of blocks ahead at most, half a day before expiry at least. */
export const DEFAULT_VERIFY_LIMITS: VerifyLimits = {
  maxExpiryAhead: blockCount(52_560),
  expiryMargin: blockCount(72),
}

/** Everything the verdict on a batch depends on besides the proposal itself. */
export interface OwnRecords {
  readonly orders: ReadonlyMap<OrderNonce, OwnOrder>
  readonly accounts: ReadonlyMap<AccountKey, OwnAccount>
  readonly nodeKey: NodeKey
  readonly batchVersion: BatchVersion
  readonly bestHeight: BlockHeight
  readonly limits: VerifyLimits
  readonly finalizedBatchIds?: ReadonlySet<BatchId>
  /** Batches we signed and that came to nothing so far. */
  readonly signedTransactions?: ReadonlySet<Txid>
  /** Saves time, never changes the verdict. */
  readonly foreseen?: NextOutputs
}
