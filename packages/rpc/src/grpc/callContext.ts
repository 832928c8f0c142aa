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

interface AnyCall {
  readonly metadata: Metadata
  getPeer(): string
}

/** Made as far as somebody asks: a call that takes an order needs none of it, and there are thousands a second. */
class LazyContext implements CallContext {
  readonly peer: string
  readonly method: string
  readonly #call: AnyCall
  #metadata: ReadonlyMap<string, string> | undefined
  #controller: AbortController | undefined
  #ended: string | undefined

  constructor(call: AnyCall, method: string) {
    this.#call = call
    // Not later: a connection that is gone has no name.
    this.peer = call.getPeer()
    this.method = method
  }

  get metadata(): ReadonlyMap<string, string> {
    this.#metadata ??= textEntries(this.#call.metadata)
    return this.#metadata
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#ended !== undefined) this.#controller.abort(new Error(this.#ended))
    }
    return this.#controller.signal
  }

  abort(reason: string): void {
    this.#ended ??= reason
    this.#controller?.abort(new Error(reason))
  }
}

export function openCall(call: AnyCall, method: string): OpenCall {
  const context = new LazyContext(call, method)
  return { context, abort: (reason) => context.abort(reason) }
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
