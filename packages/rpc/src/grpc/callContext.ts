import type { Metadata } from '@grpc/grpc-js'
import { textEntries } from './trailer.ts'

/** What a handler knows of the call it serves. */
export interface CallContext {
  /** `host:port` of the connection: two calls with the same peer came over the same connection. */
  readonly peer: string
  /** Text entries of the metadata, keys in lower case. */
  readonly metadata: ReadonlyMap<string, string>
  /** Aborts when the client gave up, the connection broke or the server stops. */
  readonly signal: AbortSignal
  /** Full name, `/package.Service/Method`. */
  readonly method: string
}

/** Runs around a handler; throws to refuse the call. */
export type Interceptor = <T>(context: CallContext, next: () => Promise<T>) => Promise<T>

export interface OpenCall {
  readonly context: CallContext
  readonly abort: (reason: string) => void
}

export function openCall(call: { metadata: Metadata; getPeer(): string }, method: string): OpenCall {
  const controller = new AbortController()
  const context = { peer: call.getPeer(), metadata: textEntries(call.metadata), signal: controller.signal, method }
  return { context, abort: (reason) => controller.abort(new Error(reason)) }
}

/** The handler with all interceptors around it, the first one outermost; what they throw at once rejects as well. */
export function intercepted<T>(
  interceptors: readonly Interceptor[],
  context: CallContext,
  handler: () => Promise<T>,
): Promise<T> {
  const run = interceptors.reduceRight<() => Promise<T>>(
    (next, wrap) => async () => wrap(context, next),
    async () => handler(),
  )
  return run()
}
