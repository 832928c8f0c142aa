import { idToBytes } from '@tidepool/crypto'
import { unitsOf } from '@tidepool/market'
import type { NodeFilter } from '@tidepool/market'
import type { poolrpc } from '@tidepool/rpc'
import type { OrderEvent, OrderRecord } from '../../core/orderRecord.ts'
import {
  ANNOUNCEMENT,
  AUCTION_TYPE,
  CHANNEL_TYPE,
  CONFIRMATION,
  MATCH_STATE,
  NODE_TIER,
  ORDER_STATE,
  REJECT_REASON,
} from './wireOrderEnums.ts'

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
      announcementConstraints: ANNOUNCEMENT[order.announcement],
      confirmationConstraints: CONFIRMATION[order.confirmation],
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
      minNodeTier: NODE_TIER[order.minNodeTier],
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
    state: ORDER_STATE[state],
    units: unitsOf(order.amount),
    unitsUnfulfilled,
    reservedValueSat: reservedValue,
    creationTimestampNs: events[0]?.at ?? 0n,
    events: withEvents ? events.map(eventToWire) : [],
    minUnitsMatch: order.minUnitsMatch,
    channelType: CHANNEL_TYPE[order.channelType],
    ...listsToWire(order.nodeFilter),
    auctionType: AUCTION_TYPE[order.auctionType],
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
        previousState: ORDER_STATE[event.from],
        newState: ORDER_STATE[event.to],
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
