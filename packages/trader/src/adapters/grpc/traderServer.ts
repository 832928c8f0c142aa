import { addService, createServer, localService, requireMacaroon, services } from '@tidepool/rpc'
import type { FailureOptions, Interceptor, RootKeys, Server, ServerTls } from '@tidepool/rpc'
import { TraderError, reasonOf } from '../../core/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import { openApiDocument } from '../rest/openapi.ts'
import { restHandler } from '../rest/restHandler.ts'
import { createRestServer } from '../rest/restServer.ts'
import type { RestServer } from '../rest/restServer.ts'
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
  readonly rootKeysOf: RootKeys
  readonly logger: Logger
}

/** The trader services for command line and others: TLS and macaroon on every call. */
export function createTraderServer(options: TraderServerOptions, modules: HandlerModules): Server {
  const interceptors = [macaroonCheck(options)]
  const server = createServer({
    ...failuresOf(options),
    tls: options.tls,
    maxReceiveBytes: MAX_RECEIVE_BYTES,
    interceptors,
  })
  const { trader, view, tools } = allHandlers(modules)
  addService(server, services.poolrpc.Trader, trader)
  addService(server, services.tidepool.TraderView, view)
  addService(server, services.tidepool.TraderTools, tools)
  return server
}

/** The same calls over HTTP. */
export function createTraderRest(
  options: TraderServerOptions & { readonly corsOrigins: readonly string[] },
  modules: HandlerModules,
): RestServer {
  const failures = failuresOf(options)
  const local = { interceptors: [macaroonCheck(options)], failures }
  const { trader, view, tools } = allHandlers(modules)
  const methods = {
    'poolrpc.Trader': localService(services.poolrpc.Trader, trader, local),
    'tidepool.TraderView': localService(services.tidepool.TraderView, view, local),
    'tidepool.TraderTools': localService(services.tidepool.TraderTools, tools, local),
  }
  const text = JSON.stringify(openApiDocument(modules.version))
  const handler = restHandler({
    method: (service, name) => methods[service].get(name),
    failures,
    document: () => text,
  })
  return createRestServer(options, handler)
}

const macaroonCheck = ({ rootKeysOf }: TraderServerOptions): Interceptor =>
  requireMacaroon({ rootKeysOf, needs: permissionsOf, now: () => new Date() })

const failuresOf = ({ logger }: TraderServerOptions): FailureOptions => ({
  statusByCode: TRADER_STATUS,
  forwardUpstream: true,
  onUnexpected: (error, context) => logger.error('call failed', { method: context.method, reason: reasonOf(error) }),
})

const allHandlers = (modules: HandlerModules) => ({
  trader: traderHandlers(modules),
  view: viewHandlers(modules),
  tools: toolHandlers(modules),
})

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
