import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { STATUS, fromJson, badJson, statusOf, toJson } from '@tidepool/rpc'
import type { CallContext, FailureOptions, LocalMethod, MessageName, MessageOf } from '@tidepool/rpc'
import { errorBody, httpStatusOf } from './httpStatus.ts'
import { matchRoute } from './match.ts'
import type { Match } from './match.ts'
import { isField, jsonFromParameters } from './requestJson.ts'
import type { Route } from './routes.ts'

export type RestHandler = (
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  stopping: AbortSignal,
) => Promise<void>

export interface RestModules {
  /** undefined for a method that is not served. */
  readonly method: (service: Route['service'], name: string) => LocalMethod | undefined
  readonly failures: FailureOptions
  /** The OpenAPI document, which needs no macaroon. */
  readonly document: () => string
}

export const DOCUMENT_PATH = '/openapi.json'
const JSON_TYPE = 'application/json'
const MAX_BODY_BYTES = 4 * 1024 * 1024
const METADATA = 'grpc-metadata-'

type Found = Extract<Match, { kind: 'route' }>

/** Calls over HTTP as the stock daemon's gateway takes them, one to one on the gRPC methods. grpc-gateway v2 */
export function restHandler(modules: RestModules): RestHandler {
  return async (request, response, stopping) => {
    const url = new URL(request.url, 'https://localhost')
    if (request.method === 'GET' && url.pathname === DOCUMENT_PATH) {
      response.setHeader('content-type', JSON_TYPE)
      response.end(modules.document())
      return
    }
    const match = matchRoute(request.method, url.pathname)
    if (match.kind === 'unknown') return refuse(response, STATUS.NOT_FOUND, 'Not Found')
    if (match.kind === 'wrongVerb') return refuse(response, STATUS.UNIMPLEMENTED, 'Method Not Allowed')
    const method = modules.method(match.route.service, match.route.method)
    if (method === undefined) return refuse(response, STATUS.UNIMPLEMENTED, 'Method Not Allowed')
    const context = contextOf(request, response, method, stopping)
    try {
      const body = match.route.verb === 'POST' ? await bodyOf(request) : undefined
      const answers = method.call(context, () => requestOf(match, method, url, body))
      if (method.def.kind === 'unary') await one(response, method, answers)
      else await lines(response, method, answers, (error) => statusOf(error, context, modules.failures))
    } catch (error) {
      const { status, details } = statusOf(error, context, modules.failures)
      refuse(response, status, details)
    }
  }
}

function refuse(response: Http2ServerResponse, status: number, message: string): void {
  response.setHeader('content-type', JSON_TYPE)
  response.writeHead(httpStatusOf(status))
  response.end(JSON.stringify(errorBody(status, message)))
}

/** `Grpc-Metadata-macaroon: …` is the metadata entry `macaroon`. */
function contextOf(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  { path }: LocalMethod,
  stopping: AbortSignal,
): CallContext {
  const gone = new AbortController()
  response.on('close', () => gone.abort(new Error('the client is gone')))
  const entries = Object.entries(request.headers).flatMap(([name, value]) =>
    name.startsWith(METADATA) && typeof value === 'string' ? [[name.slice(METADATA.length), value] as const] : [],
  )
  const { remoteAddress = '', remotePort = 0 } = request.socket
  return {
    peer: `${remoteAddress.replace(/^::ffff:/, '')}:${remotePort}`,
    metadata: new Map(entries),
    signal: AbortSignal.any([gone.signal, stopping]),
    method: path,
  }
}

async function bodyOf(request: Http2ServerRequest): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw badJson('body', `at most ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The body, or path and query; a path's fields count over the body's. @throws JsonError */
function requestOf({ route, parameters }: Found, { def }: LocalMethod, url: URL, body: string | undefined): unknown {
  const path = Object.entries(parameters)
  // What a path names is not taken from the query as well; what the request has not is passed over.
  const query = [...url.searchParams].filter(([name]) => !(name in parameters) && isField(def.request, name))
  const json =
    route.verb === 'POST'
      ? { ...parsed(body ?? ''), ...jsonFromParameters(def.request, path) }
      : jsonFromParameters(def.request, [...query, ...path])
  return fromJson(def.request as MessageName, json)
}

/** No body is an empty request. */
function parsed(body: string): object {
  if (body.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw badJson('body', 'JSON')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw badJson('body', 'an object')
}

const jsonOf = ({ def }: LocalMethod, message: unknown) =>
  toJson(def.response as MessageName, message as MessageOf<MessageName>)

async function one(response: Http2ServerResponse, method: LocalMethod, answers: AsyncIterable<unknown>): Promise<void> {
  for await (const message of answers) {
    response.setHeader('content-type', JSON_TYPE)
    response.end(JSON.stringify(jsonOf(method, message)))
  }
}

/** Messages of a stream: a line `{"result":…}` each, and `{"error":…}` when it fails under way. */
async function lines(
  response: Http2ServerResponse,
  method: LocalMethod,
  answers: AsyncIterable<unknown>,
  told: (error: unknown) => { readonly status: number; readonly details: string },
): Promise<void> {
  let begun = false
  try {
    for await (const message of answers) {
      if (!begun) response.setHeader('content-type', JSON_TYPE)
      begun = true
      response.write(`${JSON.stringify({ result: jsonOf(method, message) })}\n`)
    }
  } catch (error) {
    if (!begun) throw error
    const { status, details } = told(error)
    response.write(`${JSON.stringify({ error: errorBody(status, details) })}\n`)
  }
  response.end()
}
