import { idToBytes, nodeKey, satoshi, txid } from '@tidepool/crypto'
import type { BatchId, NodeKey, OrderNonce, Txid } from '@tidepool/crypto'
import { supplyUnits } from '@tidepool/market'
import type { ModifyRequest, Order } from '@tidepool/market'
import {
  ORDER_STATE_FROM_WIRE,
  RpcError,
  STATUS,
  STOCK_TEXTS,
  accountFundingToWire,
  clientMessageToWire,
  modificationToWire,
  orderToWire,
  reservationKeysFromWire,
  reservationToWire,
  termsFromWire,
} from '@tidepool/rpc'
import type { Client, ClientStreamMessage, poolrpc } from '@tidepool/rpc'
import { StartupError } from '../../core/errors.ts'
import type {
  AccountReservation,
  AuctionStream,
  AuctionTerms,
  Auctioneer,
  ChangeSignature,
  ClientMessage,
  FundedReservation,
  RemoteOrderState,
  SubmitOutcome,
} from '../../ports/auctioneer.ts'
import { serverMessageFromWire } from './serverMessages.ts'
import type { ServerMessage } from '../../ports/auctioneer.ts'

export type AuctioneerRpc = Client<poolrpc.ChannelAuctioneer_Service>

/** The auctioneer over gRPC. Absence shows as AUCTIONEER_UNREACHABLE, refusals as RpcError with its text. */
export class AuctioneerClient implements Auctioneer {
  readonly #rpc: AuctioneerRpc
  readonly #server: string

  constructor(rpc: AuctioneerRpc, server: string) {
    this.#rpc = rpc
    this.#server = server
  }

  async terms(): Promise<AuctionTerms> {
    const terms = termsFromWire(await this.#call(() => this.#rpc.terms({})))
    return { ...terms, maxAccountValue: satoshi(terms.maxAccountValue) }
  }

  async reserveAccount(request: AccountReservation) {
    const wire = reservationToWire({ ...request, traderKey: request.key })
    return reservationKeysFromWire(await this.#call(() => this.#rpc.reserveAccount(wire)))
  }

  async initAccount(request: FundedReservation): Promise<void> {
    await this.#call(() => this.#rpc.initAccount(accountFundingToWire({ ...request, traderKey: request.key })))
  }

  async modifyAccount(request: ModifyRequest): Promise<ChangeSignature> {
    const answer = await this.#call(() => this.#rpc.modifyAccount(modificationToWire(request)))
    return { signature: answer.accountSig, nonces: answer.serverNonces }
  }

  /** Without `accepted` or `invalid_order` the answer means nothing, so it counts as refused. */
  async submitOrder(order: Order, signature: Uint8Array, userAgent: string): Promise<SubmitOutcome> {
    const { details } = await this.#call(() => this.#rpc.submitOrder(orderToWire(order, signature, userAgent)))
    if (details?.case === 'invalidOrder') return { kind: 'invalid', reason: details.value.failString }
    if (details?.case === 'accepted' && details.value) return { kind: 'accepted' }
    return { kind: 'invalid', reason: 'the auctioneer gave no readable answer' }
  }

  async cancelOrder(preimage: Uint8Array): Promise<void> {
    await this.#call(() => this.#rpc.cancelOrder({ orderNoncePreimage: preimage }))
  }

  async orderState(nonce: OrderNonce): Promise<RemoteOrderState | undefined> {
    const found = await this.#found(STOCK_TEXTS.orderNotFound, () =>
      this.#rpc.orderState({ orderNonce: idToBytes(nonce) }),
    )
    if (found === undefined) return undefined
    const states: Readonly<Record<string, RemoteOrderState['state']>> = ORDER_STATE_FROM_WIRE
    return { state: states[String(found.state)] ?? 'submitted', unitsUnfulfilled: supplyUnits(found.unitsUnfulfilled) }
  }

  async finalTransaction(batchId: BatchId): Promise<Txid | undefined> {
    const found = await this.#found(STOCK_TEXTS.batchNotFinal, () =>
      this.#rpc.batchSnapshot({ batchId: idToBytes(batchId) }),
    )
    return found === undefined ? undefined : txid(found.batchTxId)
  }

  async batchTimes(): Promise<readonly bigint[]> {
    const newest = { startBatchId: new Uint8Array(33), numBatchesBack: 100 }
    const found = await this.#found(STOCK_TEXTS.batchNotFinal, () => this.#rpc.batchSnapshots(newest))
    return (found?.batches ?? []).map((batch) => batch.creationTimestampNs)
  }

  async nodeTiers(nodes: readonly NodeKey[]): Promise<ReadonlyMap<NodeKey, number>> {
    if (nodes.length === 0) return new Map()
    const { nodeRatings } = await this.#call(() =>
      this.#rpc.nodeRating({ nodePubkeys: nodes.map((node) => idToBytes(node)) }),
    )
    return new Map(nodeRatings.map((rating) => [nodeKey(rating.nodePubkey), tierNumber(rating.nodeTier)]))
  }

  openStream(): AuctionStream {
    const stream = this.#rpc.subscribeBatchAuction()
    return {
      send: (message) => stream.send(clientMessageToWire(toStreamMessage(message))),
      close: () => stream.cancel(),
      [Symbol.asyncIterator]: () => read(stream),
    }
  }

  async #found<T>(missingText: string, call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#call(call)
    } catch (error) {
      if (error instanceof RpcError && error.detail.details.includes(missingText)) return undefined
      throw error
    }
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (cause) {
      if (!(cause instanceof RpcError) || !ABSENT.has(cause.status)) throw cause
      const reason = cause.detail.details
      throw new StartupError(
        { code: 'AUCTIONEER_UNREACHABLE', server: this.#server, reason },
        `the auctioneer does not answer at ${this.#server} (${reason}): check --auctionserver, or wait`,
        { cause },
      )
    }
  }
}

const ABSENT: ReadonlySet<number> = new Set([STATUS.UNAVAILABLE, STATUS.DEADLINE_EXCEEDED])

async function* read(stream: AsyncIterable<poolrpc.ServerAuctionMessage>): AsyncGenerator<ServerMessage, undefined> {
  for await (const message of stream) yield serverMessageFromWire(message)
  return undefined
}

function toStreamMessage(message: ClientMessage): ClientStreamMessage {
  if (message.kind === 'recover') return { kind: 'recover', traderKey: message.key }
  if (message.kind !== 'subscribe') return message
  const { key: traderKey, nonce: commitNonce, signature: authSig } = message
  return { kind: 'subscribe', traderKey, commitNonce, authSig }
}

const tierNumber = (tier: unknown): number => (tier === 'TIER_1' ? 2 : tier === 'TIER_0' ? 1 : 0)
