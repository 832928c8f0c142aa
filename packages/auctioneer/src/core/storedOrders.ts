import type { AccountKey, BlockCount, NodeKey, OrderNonce, PubKey } from '@tidepool/crypto'
import type { MinNodeTier, SupplyUnits } from '@tidepool/market'
import type { OrderRecord } from './records.ts'

/** What open orders are found and counted by; every `Order` has it. */
export interface OrderMarks {
  readonly kind: 'ask' | 'bid'
  readonly accountKey: AccountKey
  readonly nodeKey: NodeKey
  readonly leaseDuration: BlockCount
  /** Of a bid. */
  readonly minNodeTier?: MinNodeTier
}

/** An account, a node of it, and how many orders they have. */
export interface OrderOwner {
  readonly accountKey: AccountKey
  readonly nodeKey: NodeKey
  readonly orders: number
}

/** An order's number among those that a start has found. */
export type Place = number

/**
 * The open orders that a start has found, as the store has them: an order is read when somebody asks for it, each time
 * anew. One that changes is taken out, and its new record kept elsewhere.
 */
export interface StoredOrders {
  readonly size: number
  /** Orders that had to be read at once. */
  readonly others: readonly OrderRecord[]
  find(nonce: OrderNonce): Place | undefined
  /** Of all, or of an account. */
  places(accountKey?: AccountKey): Iterable<Place>
  read(place: Place): OrderRecord
  nonceAt(place: Place): OrderNonce
  fundingKeyAt(place: Place): PubKey
  unitsAt(place: Place): SupplyUnits
  arrivalAt(place: Place): number
  /** Good until the next call. */
  marksAt(place: Place): OrderMarks
  /** As they were found. An account may come more than once. */
  owners(): Iterable<OrderOwner>
  /** Gives other orders that are taken out with it, so that memory is freed. */
  take(place: Place): readonly OrderRecord[]
}
