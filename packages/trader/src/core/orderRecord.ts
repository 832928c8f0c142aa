import type { OrderNonce } from '@tidepool/crypto'
import { isArchived, supplyUnits, unitsOf } from '@tidepool/market'
import type { FeeSchedule, Order, OrderState, SupplyUnits } from '@tidepool/market'

/** lnd key family of channel funding keys. */
export const FUNDING_KEY_FAMILY = 0

/** What a batch did to one match of an order. */
export type MatchStage = 'prepare' | 'accepted' | 'rejected' | 'signed' | 'finalized'
export type MatchRejectReason =
  | 'none'
  | 'serverMisbehavior'
  | 'batchVersionMismatch'
  | 'duplicatePeer'
  | 'channelFundingFailed'

/** History of an order, oldest first; `at` is unix time in nanoseconds. */
export type OrderEvent =
  | { readonly kind: 'created'; readonly at: bigint }
  | {
      readonly kind: 'stateChange'
      readonly at: bigint
      readonly from: OrderState
      readonly to: OrderState
      /** In all batches up to now. */
      readonly unitsFilled: SupplyUnits
    }
  | {
      readonly kind: 'match'
      readonly at: bigint
      readonly stage: MatchStage
      readonly counterpart: OrderNonce
      readonly units: SupplyUnits
      readonly rejectReason: MatchRejectReason
    }

/** A trader's own order, as stored. */
export interface OrderRecord {
  readonly order: Order
  readonly state: OrderState
  readonly unitsUnfulfilled: SupplyUnits
  /** Reveals nothing but the right to cancel; undefined when the caller chose the nonce. */
  readonly preimage: Uint8Array | undefined
  /** Index of `order.multiSigKey` in lnd's family 0. */
  readonly fundingKeyIndex: number
  /** Execution fee the auctioneer asked when the order was submitted; a batch may not charge more (V-02). */
  readonly terms: FeeSchedule
  /** Order of submission within this daemon. */
  readonly sequence: number
  readonly events: readonly OrderEvent[]
}

export const isOpenOrder = (record: OrderRecord): boolean => !isArchived(record.state)

/** The record with one more event. */
export function withEvent(record: OrderRecord, event: OrderEvent): OrderRecord {
  return { ...record, events: [...record.events, event] }
}

/** The record in another state, the change noted. */
export function inState(record: OrderRecord, state: OrderState, at: bigint): OrderRecord {
  if (record.state === state) return record
  const unitsFilled = supplyUnits(unitsOf(record.order.amount) - record.unitsUnfulfilled)
  return withEvent({ ...record, state }, { kind: 'stateChange', at, from: record.state, to: state, unitsFilled })
}
