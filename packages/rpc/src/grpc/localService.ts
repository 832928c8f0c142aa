import { decodeUntyped } from '../codec/decode.ts'
import { encodeUntyped } from '../codec/encode.ts'
import type { MethodDef, ServiceDef } from '../codec/wireTypes.ts'
import { intercepted, type CallContext, type Interceptor } from './callContext.ts'
import { failureOf, type FailureOptions } from './failure.ts'
import { StatusError } from './errors.ts'
import type { Handlers } from './service.ts'
import { STATUS, type Status } from './statusCode.ts'

export interface LocalServiceOptions {
  readonly interceptors: readonly Interceptor[]
  readonly failures: FailureOptions
}

/** One method, callable without a connection. Messages go in and out as if they had travelled. */
export interface LocalMethod {
  readonly def: MethodDef
  /** Full name, `/package.Service/Method`. */
  readonly path: string
  /** Answers one by one: a single one of a unary method. `read` gives the request once the call is permitted. */
  call(context: CallContext, read: () => unknown): AsyncIterable<unknown>
}

type Untyped = (request: unknown, context: CallContext) => unknown

const received = (message: string, init: unknown): unknown => decodeUntyped(message, encodeUntyped(message, init))

/** Methods of a service by name, with the interceptors a server would run. */
export function localService<M>(
  service: ServiceDef<M>,
  handlers: Partial<Handlers<M>>,
  options: LocalServiceOptions,
): ReadonlyMap<string, LocalMethod> {
  const own = handlers as Readonly<Record<string, Untyped | undefined>>
  const methods = Object.entries(service.methods as Readonly<Record<string, MethodDef>>)
  return new Map(
    methods.map(([key, def]) => [def.name, localMethod(`/${service.name}/${def.name}`, def, own[key], options)]),
  )
}

function localMethod(
  path: string,
  def: MethodDef,
  handler: Untyped | undefined,
  { interceptors }: LocalServiceOptions,
): LocalMethod {
  async function* call(context: CallContext, read: () => unknown): AsyncGenerator<unknown, void, undefined> {
    if (handler === undefined) throw new StatusError(STATUS.UNIMPLEMENTED, `${def.name} is not implemented`)
    const start = async (): Promise<unknown> => handler(received(def.request, read()), context)
    const answer = await intercepted(interceptors, context, start)
    if (def.kind === 'unary') yield received(def.response, answer)
    else for await (const one of answer as AsyncIterable<unknown>) yield received(def.response, one)
  }
  return { def, path, call }
}

/** Status and text a server would answer an error with. */
export function statusOf(
  error: unknown,
  context: CallContext,
  failures: FailureOptions,
): { readonly status: Status; readonly details: string } {
  const { code, details } = failureOf(error, context, failures)
  return { status: code, details }
}
