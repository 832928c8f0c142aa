import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { verbsOf } from './match.ts'

type Headers = readonly (readonly [string, string])[]

/** None unless the page's origin is let in: without them browsers keep the answer from the page. */
export function corsHeaders(allowed: readonly string[], origin: string | undefined): Headers {
  if (origin === undefined) return []
  if (allowed.includes('*')) return [['access-control-allow-origin', '*']]
  if (!allowed.includes(origin)) return []
  return [
    ['access-control-allow-origin', origin],
    ['vary', 'origin'],
  ]
}

/** Answers a browser's question whether a page may call; a page that may not is treated like anyone else. */
export function answerPreflight(
  allowed: readonly string[],
  request: Http2ServerRequest,
  response: Http2ServerResponse,
): boolean {
  const { origin } = request.headers
  if (request.method !== 'OPTIONS' || corsHeaders(allowed, origin).length === 0) return false
  const path = new URL(request.url, 'https://localhost').pathname
  response.setHeader('access-control-allow-methods', verbsOf(path).join(', '))
  response.setHeader('access-control-allow-headers', 'content-type, grpc-metadata-macaroon')
  response.setHeader('access-control-max-age', '600')
  response.writeHead(204)
  response.end()
  return true
}
