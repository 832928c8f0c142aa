import type { Metadata, ServiceError } from '@grpc/grpc-js'
import type { MethodDef, MethodType, ServiceDef } from '../codec/wireTypes.ts'
import { decodeUntyped } from '../codec/decode.ts'
import { encodeUntyped } from '../codec/encode.ts'
import type { Channel } from './channel.ts'
import { openBidiStream, openClientStream, openServerStream } from './clientStreams.ts'
import type { BidiStream, CallOptions, ClientStream, ServerStream } from './clientTypes.ts'
import { rpcErrorFrom } from './rpcError.ts'

type ClientMethod<T> =
  T extends MethodType<infer Kind, unknown, infer RequestInit, infer Response, unknown>
    ? {
        unary: (request: RequestInit, options?: CallOptions) => Promise<Response>
        serverStream: (request: RequestInit, options?: CallOptions) => ServerStream<Response>
        clientStream: (options?: CallOptions) => ClientStream<RequestInit, Response>
        bidi: (options?: CallOptions) => BidiStream<RequestInit, Response>
      }[Kind]
    : never

/** A service's methods as functions. */
export type Client<M> = { readonly [K in keyof M]: ClientMethod<M[K]> }

const UNARY_DEADLINE_MS = 30_000
const identity = (bytes: Buffer): Buffer => bytes

/** Metadata of one call. */
function metadataFor(channel: Channel, options: CallOptions): Metadata {
  const metadata = channel.metadata()
  for (const [key, value] of Object.entries(options.metadata ?? {})) metadata.set(key, value)
  return metadata
}

function callUnary(
  channel: Channel,
  path: string,
  method: MethodDef,
  request: unknown,
  options: CallOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const body = encodeUntyped(method.request, request)
    const pause = options.deadlineMs ?? UNARY_DEADLINE_MS
    const deadline = Number.isFinite(pause) ? { deadline: Date.now() + pause } : {}
    const settle = (error: ServiceError | null, bytes?: Buffer): void => {
      options.signal?.removeEventListener('abort', cancel)
      try {
        if (error === null) resolve(decodeUntyped(method.response, bytes ?? Buffer.alloc(0)))
        else reject(rpcErrorFrom(error, path))
      } catch (cause) {
        reject(cause)
      }
    }
    const metadata = metadataFor(channel, options)
    const call = channel.grpc.makeUnaryRequest(path, identity, identity, body, metadata, deadline, settle)
    const cancel = (): void => call.cancel()
    if (options.signal?.aborted === true) cancel()
    else options.signal?.addEventListener('abort', cancel, { once: true })
  })
}

/** Calls the service on a channel. Unary calls wait 30 s unless told otherwise, streams as long as it takes. */
export function createClient<M>(def: ServiceDef<M>, channel: Channel): Client<M> {
  const methods = Object.entries(def.methods as Readonly<Record<string, MethodDef>>).map(([key, method]) => {
    const path = `/${def.name}/${method.name}`
    const open = (options: CallOptions) => ({ channel, path, method, options, metadata: metadataFor(channel, options) })
    switch (method.kind) {
      case 'unary':
        return [key, (r: unknown, options: CallOptions = {}) => callUnary(channel, path, method, r, options)]
      case 'serverStream':
        return [key, (r: unknown, options: CallOptions = {}) => openServerStream(open(options), r)]
      case 'clientStream':
        return [key, (options: CallOptions = {}) => openClientStream(open(options))]
      case 'bidi':
        return [key, (options: CallOptions = {}) => openBidiStream(open(options))]
    }
  })
  return Object.fromEntries(methods) as Client<M>
}
