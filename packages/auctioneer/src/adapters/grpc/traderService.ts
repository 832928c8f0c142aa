import { accountKey, orderNonce } from '@tidepool/crypto'
import { OrderError } from '@tidepool/market'
import {
  ORDER_STATE_TO_WIRE,
  accountFundingFromWire,
  ConvertError,
  addService,
  inField,
  marketInfoToWire,
  modificationFromWire,
  nodeKeysFromWire,
  nodeRatingToWire,
  orderFromWire,
  reservationFromWire,
  reservationKeysToWire,
  services,
  snapshotToWire,
  termsToWire,
  wantedBatchFromWire,
} from '@tidepool/rpc'
import type { Handlers, ServiceHost, poolrpc } from '@tidepool/rpc'
import type { Auctioneer } from '../../app/auctioneer.ts'
import { AuctioneerError } from '../../core/errors.ts'
import type { Logger } from '../../ports/system.ts'
import { relevantBatchToWire, snapshotView } from './batchViews.ts'
import { serveTraderStream } from './traderStream.ts'

type AllHandlers = Handlers<poolrpc.ChannelAuctioneer_Service>

/** `poolrpc.ChannelAuctioneer`: what traders call. */
export function addTraderService(host: ServiceHost, auctioneer: Auctioneer, logger: Logger): void {
  addService(host, services.poolrpc.ChannelAuctioneer, traderHandlers(auctioneer, logger))
}

/** The calls, apart from the server that serves them. */
export function traderHandlers(auctioneer: Auctioneer, logger: Logger): AllHandlers {
  return {
    ...accountHandlers(auctioneer),
    ...orderHandlers(auctioneer),
    ...batchHandlers(auctioneer),
    subscribeBatchAuction: (stream, context) => serveTraderStream(auctioneer, stream, context, logger),
    subscribeSidecar: () => notOffered('sidecar channels'),
  }
}

function accountHandlers(
  auctioneer: Auctioneer,
): Pick<AllHandlers, 'reserveAccount' | 'initAccount' | 'modifyAccount'> {
  return {
    reserveAccount: async (request) =>
      reservationKeysToWire(await auctioneer.accounts.reserve(reservationFromWire(request))),
    initAccount: async (request) => {
      await auctioneer.accounts.init(accountFundingFromWire(request))
      return {}
    },
    modifyAccount: async (request, context) => {
      const { signature, serverNonces } = await auctioneer.changes.modify(modificationFromWire(request), context.peer)
      return { accountSig: signature, serverNonces }
    },
  }
}

function orderHandlers(auctioneer: Auctioneer): Pick<AllHandlers, 'submitOrder' | 'cancelOrder' | 'orderState'> {
  return {
    submitOrder: async (request) => {
      try {
        await auctioneer.orders.submit(orderFromWire(request))
        return { details: { case: 'accepted', value: true } }
      } catch (error) {
        return invalidOrder(request, error)
      }
    },
    cancelOrder: async (request) => {
      await auctioneer.orders.cancel(request.orderNoncePreimage)
      return {}
    },
    orderState: async (request) => {
      const { state, unitsUnfulfilled } = await auctioneer.orders.state(
        inField('order_nonce', () => orderNonce(request.orderNonce)),
      )
      return { state: ORDER_STATE_TO_WIRE[state], unitsUnfulfilled }
    },
  }
}

type BatchHandlers = Pick<
  AllHandlers,
  'terms' | 'relevantBatchSnapshot' | 'batchSnapshot' | 'batchSnapshots' | 'nodeRating' | 'marketInfo'
>

function batchHandlers({ queries }: Auctioneer): BatchHandlers {
  return {
    terms: () => Promise.resolve(termsToWire(queries.terms())),
    batchSnapshot: async (request) =>
      snapshotToWire(snapshotView(await queries.batchSnapshot(wantedBatchFromWire(request.batchId)))),
    batchSnapshots: async (request) => {
      const start = wantedBatchFromWire(request.startBatchId, 'start_batch_id')
      const batches = await queries.batchSnapshots(start, request.numBatchesBack)
      return { batches: batches.map((batch) => snapshotToWire(snapshotView(batch))) }
    },
    relevantBatchSnapshot: async (request) => {
      const { batch } = await queries.batchSnapshot(wantedBatchFromWire(request.id, 'id'))
      const accounts = new Set(request.accounts.map((key, i) => inField(`accounts[${i}]`, () => accountKey(key))))
      return relevantBatchToWire(batch, accounts, await queries.ordersOf(batch))
    },
    nodeRating: (request) =>
      Promise.resolve({ nodeRatings: queries.tiers(nodeKeysFromWire(request.nodePubkeys)).map(nodeRatingToWire) }),
    marketInfo: () => Promise.resolve(marketInfoToWire(queries.markets())),
  }
}

/**
 * What the user can mend is an answer, not a failure of the call; the code at the end of the text is ours. A stock
 * trader takes `accepted = false` for acceptance, so a refusal is always `invalid_order`.
 */
function invalidOrder(
  request: poolrpc.ServerSubmitOrderRequest,
  error: unknown,
): poolrpc.ServerSubmitOrderResponseInit {
  const refusal = mendable(error)
  if (refusal === undefined) throw error
  const nonce = request.details?.value.details?.orderNonce
  const failString = `${refusal.message} [${refusal.code}]`
  return { details: { case: 'invalidOrder', value: { orderNonce: nonce, failReason: 'INVALID_AMT', failString } } }
}

/** Broken rules, also those the parser finds; bytes that are no order at all fail the call. */
function mendable(error: unknown): OrderError | AuctioneerError | undefined {
  if (error instanceof OrderError) return error
  if (error instanceof AuctioneerError && error.code === 'NOT_OFFERED') return error
  return error instanceof ConvertError ? mendable(error.cause) : undefined
}

function notOffered(what: string): Promise<never> {
  return Promise.reject(new AuctioneerError({ code: 'NOT_OFFERED', what }, `${what} is not offered yet`))
}
