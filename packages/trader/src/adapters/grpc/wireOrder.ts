import { idToBytes } from '@tidepool/crypto'
import { unitsOf } from '@tidepool/market'
import type { NodeFilter } from '@tidepool/market'
import {
  ANNOUNCEMENT_TO_WIRE,
  AUCTION_TYPE_TO_WIRE,
  CHANNEL_TYPE_TO_WIRE,
  CONFIRMATION_TO_WIRE,
  MIN_TIER_TO_WIRE,
  ORDER_STATE_TO_WIRE,
} from '@tidepool/rpc'
import type { poolrpc } from '@tidepool/rpc'
import type { OrderEvent, OrderRecord } from '../../core/orderRecord.ts'
import { MATCH_STATE, REJECT_REASON } from './wireOrderEnums.ts'

export interface OrderView {
  readonly record: OrderRecord
  readonly reservedValue: bigint
  readonly withEvents: boolean
}

export function askToWire(view: OrderView): poolrpc.AskInit {
  const { order } = view.record
  return {
    details: detailsToWire(view),
    leaseDurationBlocks: order.leaseDuration,
    version: order.version,
    ...(order.kind === 'ask' && {
      announcementConstraints: ANNOUNCEMENT_TO_WIRE[order.announcement],
      confirmationConstraints: CONFIRMATION_TO_WIRE[order.confirmation],
    }),
  }
}

export function bidToWire(view: OrderView): poolrpc.BidInit {
  const { order } = view.record
  return {
    details: detailsToWire(view),
    leaseDurationBlocks: order.leaseDuration,
    version: order.version,
    ...(order.kind === 'bid' && {
      minNodeTier: MIN_TIER_TO_WIRE[order.minNodeTier],
      selfChanBalance: order.selfChannelBalance,
      unannouncedChannel: order.unannounced,
      zeroConfChannel: order.zeroConf,
    }),
  }
}

function detailsToWire({ record, reservedValue, withEvents }: OrderView): poolrpc.OrderInit {
  const { order, state, unitsUnfulfilled, events } = record
  return {
    traderKey: idToBytes(order.accountKey),
    rateFixed: order.rate,
    amt: order.amount,
    maxBatchFeeRateSatPerKw: order.maxBatchFeeRate,
    orderNonce: idToBytes(order.nonce),
    state: ORDER_STATE_TO_WIRE[state],
    units: unitsOf(order.amount),
    unitsUnfulfilled,
    reservedValueSat: reservedValue,
    creationTimestampNs: events[0]?.at ?? 0n,
    events: withEvents ? events.map(eventToWire) : [],
    minUnitsMatch: order.minUnitsMatch,
    channelType: CHANNEL_TYPE_TO_WIRE[order.channelType],
    ...listsToWire(order.nodeFilter),
    auctionType: AUCTION_TYPE_TO_WIRE[order.auctionType],
    isPublic: order.isPublic,
  }
}

function listsToWire(filter: NodeFilter): Pick<poolrpc.OrderInit, 'allowedNodeIds' | 'notAllowedNodeIds'> {
  if (filter.kind === 'allow') return { allowedNodeIds: filter.nodes.map((node) => idToBytes(node)) }
  return filter.kind === 'deny' ? { notAllowedNodeIds: filter.nodes.map((node) => idToBytes(node)) } : {}
}

function eventToWire(event: OrderEvent): poolrpc.OrderEventInit {
  const timestampNs = event.at
  switch (event.kind) {
    case 'created':
      return { timestampNs, eventStr: 'OrderCreated' }
    case 'stateChange': {
      const value = {
        previousState: ORDER_STATE_TO_WIRE[event.from],
        newState: ORDER_STATE_TO_WIRE[event.to],
        unitsFilled: event.unitsFilled,
      }
      const state = value.newState.replace('ORDER_', '').toLowerCase()
      return { timestampNs, eventStr: `OrderUpdate(${state})`, event: { case: 'stateChange', value } }
    }
    case 'match': {
      const value = {
        matchState: MATCH_STATE[event.stage],
        unitsFilled: event.units,
        matchedOrder: idToBytes(event.counterpart),
        rejectReason: REJECT_REASON[event.rejectReason],
      }
      return { timestampNs, eventStr: `OrderMatch(${event.stage})`, event: { case: 'matched', value } }
    }
    default:
      return event satisfies never
  }
}
