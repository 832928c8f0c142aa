import { addService, createServer, requireMacaroon, services } from '@tidepool/rpc'
import type { Server, ServerTls } from '@tidepool/rpc'
import { TraderError, reasonOf } from '../../core/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import { ROOT_KEY_ID } from '../store/rootKeys.ts'
import { accountChangeHandlers } from './accountChangeHandlers.ts'
import { accountHandlers } from './accountHandlers.ts'
import { auctionHandlers } from './auctionHandlers.ts'
import type { HandlerModules, TraderHandlers } from './handlerModules.ts'
import { infoHandlers } from './infoHandlers.ts'
import { orderHandlers } from './orderHandlers.ts'
import { recoveryHandlers } from './recoveryHandlers.ts'
import { toolHandlers } from './toolHandlers.ts'
import { viewHandlers } from './viewHandlers.ts'
import { permissionsOf } from './permissions.ts'
import { TRADER_STATUS } from './status.ts'

/** What stock clients may send. */
const MAX_RECEIVE_BYTES = 200 * 1024 * 1024

export interface TraderServerOptions {
  readonly tls: ServerTls
  readonly rootKey: Uint8Array
  readonly logger: Logger
}

/** The trader service for command line and others: TLS and macaroon on every call. */
export function createTraderServer(options: TraderServerOptions, modules: HandlerModules): Server {
  const server = createServer({
    tls: options.tls,
    maxReceiveBytes: MAX_RECEIVE_BYTES,
    statusByCode: TRADER_STATUS,
    forwardUpstream: true,
    interceptors: [
      requireMacaroon({
        rootKeyOf: (id) => (id === ROOT_KEY_ID ? options.rootKey : undefined),
        needs: permissionsOf,
        now: () => new Date(),
      }),
    ],
    onUnexpected: (error, context) =>
      options.logger.error('call failed', { method: context.method, reason: reasonOf(error) }),
  })
  addService(server, services.poolrpc.Trader, traderHandlers(modules))
  addService(server, services.tidepool.TraderView, viewHandlers(modules))
  addService(server, services.tidepool.TraderTools, toolHandlers(modules))
  return server
}

/** The calls, apart from the server that serves them. */
export function traderHandlers(modules: HandlerModules): TraderHandlers {
  const own: TraderHandlers = {
    ...infoHandlers(modules),
    ...accountHandlers(modules),
    ...accountChangeHandlers(modules),
    ...recoveryHandlers(modules),
    ...orderHandlers(modules),
    ...auctionHandlers(modules),
  }
  return { ...unsupported(own), ...own }
}

/** Methods of the API that this daemon does not have say so in words. */
function unsupported(own: TraderHandlers): TraderHandlers {
  const missing = Object.entries(services.poolrpc.Trader.methods).filter(([key]) => !(key in own))
  const refusals = missing.map(([key, method]) => [
    key,
    () =>
      Promise.reject(
        new TraderError(
          { code: 'NOT_SUPPORTED', method: method.name },
          `${method.name} is not supported by this daemon yet`,
        ),
      ),
  ])
  return Object.fromEntries(refusals) as TraderHandlers
}
