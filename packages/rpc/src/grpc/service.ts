import type {
  MethodDefinition,
  Server as GrpcServer,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { decodeUntyped } from '../codec/decode.ts'
import { encodeUntyped } from '../codec/encode.ts'
import { Encoded } from '../codec/encoded.ts'
import type { MethodDef, MethodType, ServiceDef } from '../codec/wireTypes.ts'
import { intercepted, openCall, type CallContext, type Interceptor, type OpenCall } from './callContext.ts'
import { failureOf, lastingFailure, type FailureOptions } from './failure.ts'
import { StatusError } from './errors.ts'
import { decodedMessages, writeMessage, type AnyWriter } from './serverStreams.ts'
import { STATUS, type Status } from './statusCode.ts'

/** The server's end of a bidirectional stream. */
export interface ServerBidi<Request, ResponseInit> extends AsyncIterable<Request, undefined> {
  /** Resolves when the message is on its way; does nothing once the client is gone. */
  send(message: ResponseInit | Encoded): Promise<void>
  /** Ends the stream; OK and CANCELLED become UNAVAILABLE. The loop over its messages ends too. */
  fail(status: Status, details: string): void
}

type Handler<T> =
  T extends MethodType<infer Kind, infer Request, unknown, unknown, infer ResponseInit>
    ? {
        unary: (request: Request, context: CallContext) => Promise<ResponseInit>
        serverStream: (request: Request, context: CallContext) => AsyncIterable<ResponseInit>
        clientStream: (requests: AsyncIterable<Request>, context: CallContext) => Promise<ResponseInit>
        bidi: (stream: ServerBidi<Request, ResponseInit>, context: CallContext) => Promise<void>
      }[Kind]
    : never

/** One function per method of a service. */
export type Handlers<M> = { readonly [K in keyof M]: Handler<M[K]> }

/** What all services of one server share. */
export interface ServiceHost {
  readonly grpc: GrpcServer
  readonly failures: FailureOptions
  readonly interceptors: readonly Interceptor[]
  /** Keeps the call until it is over, to end it when the server stops. */
  readonly track: (call: OpenCall) => () => void
}

type UntypedHandler = (first: unknown, context: CallContext) => unknown

const identity = (bytes: Buffer): Buffer => bytes

interface Serving {
  readonly host: ServiceHost
  readonly path: string
  readonly method: MethodDef
  readonly handler: UntypedHandler
  readonly interceptors: readonly Interceptor[]
}

/** A response that cannot be encoded is our own fault, whatever its code says. */
function encodeResponse(method: MethodDef, value: unknown): Buffer {
  if (value instanceof Encoded) return Buffer.from(value.bytes.buffer, value.bytes.byteOffset, value.bytes.byteLength)
  try {
    return encodeUntyped(method.response, value)
  } catch (cause) {
    throw new Error(`${method.name} made a response that cannot be sent`, { cause })
  }
}

type AnswerCall = ServerUnaryCall<Buffer, Buffer> | ServerReadableStream<Buffer, Buffer>

/** One answer: unary methods, and streams of the client. */
function serveAnswer(
  serving: Serving,
  call: AnswerCall,
  read: (context: CallContext) => unknown,
  done: sendUnaryData<Buffer>,
): void {
  const { host, method, handler, path, interceptors } = serving
  const open = openCall(call, path)
  const untrack = host.track(open)
  call.on('cancelled', () => open.abort('the call was cancelled'))
  const run = async () => encodeResponse(method, await handler(read(open.context), open.context))
  intercepted(interceptors, open.context, run)
    .then(
      (bytes) => done(null, bytes),
      (error: unknown) => done(failureOf(error, open.context, host.failures)),
    )
    .finally(untrack)
}

/** Many messages: ends with OK only when a server stream is complete. */
function serveStream(
  serving: Serving,
  call: AnyWriter,
  run: (open: OpenCall) => Promise<void>,
  lasting: boolean,
): void {
  const { host, path, interceptors } = serving
  const open = openCall(call, path)
  const untrack = host.track(open)
  call.on('cancelled', () => open.abort('the call was cancelled'))
  const isOver = (): boolean => call.cancelled || call.writableEnded
  const fail = (error: unknown): void => {
    if (isOver()) return
    const failure = failureOf(error, open.context, host.failures)
    call.emit('error', lasting ? lastingFailure(failure) : failure)
  }
  open.context.signal.addEventListener('abort', () => {
    // Most calls end so, by their client; an error for each would cost more than the call.
    if (!isOver()) fail(new StatusError(STATUS.UNAVAILABLE, 'server is stopping'))
  })
  intercepted(interceptors, open.context, () => run(open))
    .then(() => {
      if (lasting) fail(new StatusError(STATUS.UNAVAILABLE, 'stream closed'))
      else if (!call.writableEnded) call.end()
    }, fail)
    .finally(untrack)
}

function serveServerStream(serving: Serving, call: ServerWritableStream<Buffer, Buffer>): void {
  const { method, handler } = serving
  const run = async ({ context }: OpenCall): Promise<void> => {
    const messages = handler(decodeUntyped(method.request, call.request), context) as AsyncIterable<unknown>
    for await (const message of messages) {
      if (context.signal.aborted) return
      await writeMessage(call, encodeResponse(method, message))
    }
  }
  serveStream(serving, call, run, false)
}

function serveBidi(serving: Serving, call: ServerDuplexStream<Buffer, Buffer>): void {
  const { method, handler, host } = serving
  const run = async ({ context, abort }: OpenCall): Promise<void> => {
    const stream: ServerBidi<unknown, unknown> = {
      ...iterable(decodedMessages(call, method.request, context.signal)),
      send: (message) => writeMessage(call, encodeResponse(method, message)),
      fail: (status, details) => {
        if (call.cancelled || call.writableEnded) return
        const failure = failureOf(new StatusError(status, details), context, host.failures)
        call.emit('error', lastingFailure(failure))
        abort(details)
      },
    }
    await handler(stream, context)
  }
  serveStream(serving, call, run, true)
}

const iterable = (iterator: AsyncIterator<unknown, undefined>): AsyncIterable<unknown, undefined> => ({
  [Symbol.asyncIterator]: () => iterator,
})

function implement(serving: Serving): UntypedServiceImplementation[string] {
  const { method } = serving
  switch (method.kind) {
    case 'unary':
      return (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) =>
        serveAnswer(serving, call, () => decodeUntyped(method.request, call.request), done)
    case 'clientStream':
      return (call: ServerReadableStream<Buffer, Buffer>, done: sendUnaryData<Buffer>) =>
        serveAnswer(serving, call, ({ signal }) => iterable(decodedMessages(call, method.request, signal)), done)
    case 'serverStream':
      return (call: ServerWritableStream<Buffer, Buffer>) => serveServerStream(serving, call)
    case 'bidi':
      return (call: ServerDuplexStream<Buffer, Buffer>) => serveBidi(serving, call)
  }
}

/** Serves the methods that have a handler; the others answer UNIMPLEMENTED. */
export function addService<M>(
  host: ServiceHost,
  def: ServiceDef<M>,
  handlers: Partial<Handlers<M>>,
  interceptors: readonly Interceptor[] = [],
): void {
  const definition: Record<string, MethodDefinition<Buffer, Buffer>> = {}
  const implementation: UntypedServiceImplementation = {}
  const all = [...host.interceptors, ...interceptors]
  for (const [key, method] of Object.entries(def.methods as Readonly<Record<string, MethodDef>>)) {
    const path = `/${def.name}/${method.name}`
    definition[key] = {
      path,
      requestStream: method.kind === 'clientStream' || method.kind === 'bidi',
      responseStream: method.kind === 'serverStream' || method.kind === 'bidi',
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    }
    const own = handlers as Readonly<Record<string, UntypedHandler | undefined>>
    if (own[key] === undefined) continue
    const handler: UntypedHandler = (first, context) => own[key]?.(first, context)
    implementation[key] = implement({ host, path, method, handler, interceptors: all })
  }
  host.grpc.addService(definition, implementation)
}
