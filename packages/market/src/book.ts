import type { Brand, NodeKey, PubKey } from '@tidepool/crypto'
import type { Account } from './account.ts'
import type { BatchVersion } from './batch.ts'
import type { FeeSchedule } from './feeSchedule.ts'
import type { Ask, Bid, Order, OrderState, SupplyUnits } from './order.ts'

/** One trader daemon's live connection. All its accounts share it, and a batch reaches it in one message. */
export type StreamId = Brand<string, 'StreamId'>
export const streamId = (text: string): StreamId => text as StreamId

export interface TraderStream {
  readonly id: StreamId
  /** As announced by the trader; a proposal must echo it. */
  readonly batchVersion: BatchVersion
}

/** An accepted order as the auctioneer's book holds it. */
export interface BookOrder<O extends Order = Order> {
  readonly order: O
  readonly state: OrderState
  readonly unitsUnfulfilled: SupplyUnits
  /** Strictly increasing over all accepted orders; survives partial fills. */
  readonly arrival: number
  /** Execution fee terms in force when the order was accepted. */
  readonly terms: FeeSchedule
}

export type BookAsk = BookOrder<Ask>
export type BookBid = BookOrder<Bid>

/** An account as matching sees it. */
export interface BookAccount {
  readonly account: Account
  /** Open, or co-signed in a batch whose Finalize was delivered; and not being modified. */
  readonly ready: boolean
  /** undefined while the trader is offline. */
  readonly stream: TraderStream | undefined
}

/** Unordered pair of nodes, as a set key. */
export type NodePair = Brand<string, 'NodePair'>
export const nodePair = (a: NodeKey | PubKey, b: NodeKey | PubKey): NodePair =>
  (a < b ? `${a}|${b}` : `${b}|${a}`) as NodePair

export const isAsk = (entry: BookOrder): entry is BookAsk => entry.order.kind === 'ask'
export const isBid = (entry: BookOrder): entry is BookBid => entry.order.kind === 'bid'
