import { RpcError, STATUS_BY_CODE, createClient, createServer, openChannel, orderToWire, services } from '@tidepool/rpc'
import type { Client, poolrpc } from '@tidepool/rpc'
import { signMessage } from '@tidepool/crypto'
import { orderDigest } from '@tidepool/market'
import type { Order } from '@tidepool/market'
import { AUCTIONEER_STATUS } from '../src/adapters/grpc/statusTable.ts'
import { addTraderService } from '../src/adapters/grpc/traderService.ts'
import { quietLogger } from './fakeWorld.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'
import type { World } from './world.ts'

export interface Served {
  readonly client: Client<poolrpc.ChannelAuctioneer_Service>
  /** Errors of the server that no code stands for. */
  readonly unexpected: readonly unknown[]
  stop(): Promise<void>
}

/** A real server and client over TCP; behind them the auctioneer on fakes. */
export async function serve(world: World): Promise<Served> {
  const unexpected: unknown[] = []
  const statusByCode = { ...STATUS_BY_CODE, ...AUCTIONEER_STATUS }
  const server = createServer({ tls: 'insecure', statusByCode, onUnexpected: (error) => unexpected.push(error) })
  addTraderService(server, world.auctioneer, quietLogger)
  const { port } = await server.listen('127.0.0.1:0')
  const channel = openChannel({ address: `127.0.0.1:${port}`, tls: { kind: 'insecure' } })
  const client = createClient(services.poolrpc.ChannelAuctioneer, channel)
  return {
    client,
    unexpected,
    stop: async () => {
      channel.close()
      await server.stop(100)
    },
  }
}

/** Our code of a refused call, and its status. */
export async function refusal(call: Promise<unknown>): Promise<readonly [string | undefined, string]> {
  const error: unknown = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (!(error instanceof RpcError)) throw new Error('the call was not refused', { cause: error })
  return [error.detail.errorCode, error.detail.statusName]
}

/** The code at the end of an order's refusal, or `accepted`. */
export async function orderRefusal(
  { client }: Served,
  request: poolrpc.ServerSubmitOrderRequestInit,
): Promise<string | undefined> {
  const { details } = await client.submitOrder(request)
  if (details?.case !== 'invalidOrder') return details?.case
  return /\[([A-Z_]+)\]$/.exec(details.value.failString)?.[1]
}

/** A request as the owner of the order would send it. */
export const signedBy = (trader: ScriptedTrader, order: Order): poolrpc.ServerSubmitOrderRequestInit =>
  orderToWire(order, signMessage(orderDigest(order), trader.secret))
